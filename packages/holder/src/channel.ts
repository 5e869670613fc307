import type { MnemeshError } from '@mnemesh/protocol';

/** One end of an ordered, reliable way between a holder and a guest. Its messages are what JSON can say. */
export interface Channel {
  /** Bytes that the other end has not read. */
  readonly unread: number;
  /** @throws MnemeshError `too_large` after sending nothing */
  send(message: object): void;
  /** Nothing is received until `resume`. */
  pause(): void;
  resume(): void;
  /** Calls once when the other end has read what was sent. */
  onceRead(run: () => void): void;
  /** Sends what is under way, then closes; nothing is received any more. */
  close(): void;
  destroy(): void;
}

export interface ChannelOptions {
  /** Bytes of the longest message that may be received, and sent. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** One message, in order. What it throws is what `failed` is told. */
  received(json: unknown): void;
  /** The other end sent what is no message. Nothing is received any more; this end closes. */
  failed(error: MnemeshError): void;
  /** Once, however it ended; never before the channel was given to whoever opened it. */
  ended(): void;
}

/** A channel of one platform, for whoever is to use it. */
export type OpenChannel = (options: ChannelOptions) => Channel;
