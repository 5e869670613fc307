/**
 * What this package uses of a WebSocket: the browser's class has it, and that of `ws`.
 * Handlers are `unknown` so that both classes fit; they are only ever assigned.
 */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onopen: unknown;
  onmessage: unknown;
  onclose: unknown;
  onerror: unknown;
  send(data: Uint8Array): void;
  close(code?: number, reason?: string): void;
  /** Node only: cuts the connection without waiting for the other end. */
  terminate?(): void;
}

export type SocketClass = new (url: string) => SocketLike;
