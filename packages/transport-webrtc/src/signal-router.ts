import type { SignalCarrier, SignalEndpoint } from '@mnemesh/core';
import { type Runtime, sha256, toHex } from '@mnemesh/protocol';
import type { MeshSecret } from './mesh-secret.js';
import { type PeerId, parseSignalMessage, type SignalMessage } from './signal-message.js';
import { SignalingSocket } from './signaling-socket.js';
import type { SocketClass } from './socket.js';
import { webrtcLimits } from './webrtc-limits.js';

export interface SignalRouterOptions {
  readonly peer: PeerId;
  readonly secret: MeshSecret;
  readonly servers: readonly string[];
  readonly runtime: Runtime;
  readonly WebSocket: SocketClass;
  readonly received: (message: SignalMessage) => void;
  /** A path came or went. */
  readonly changed: () => void;
}

/** Where a message came from, and so need not go. */
type Source = SignalingSocket | number | undefined;

/**
 * The paths by which peers find each other: sockets to signaling servers, and the links the mesh has. What
 * comes by one and is for others is passed on by the rest, so that whoever has any path has them all.
 */
export class SignalRouter implements SignalEndpoint {
  readonly #options: SignalRouterOptions;
  readonly #seen = new Set<string>();
  #carrier: SignalCarrier | undefined;
  #sockets: SignalingSocket[] = [];
  #second = 0;
  #inSecond = 0;

  constructor(options: SignalRouterOptions) {
    this.#options = options;
  }

  /** Paths that are open now. */
  get paths(): number {
    return (this.#carrier?.links ?? 0) + this.#sockets.filter(({ open }) => open).length;
  }

  /** Some server has not been tried yet. */
  get trying(): boolean {
    return this.#sockets.some(({ tried }) => !tried);
  }

  attach(carrier: SignalCarrier): void {
    this.#carrier = carrier;
  }

  received(message: Uint8Array, from: number): void {
    this.#take(message, from);
  }

  linksChanged(): void {
    this.#options.changed();
  }

  open(): void {
    const { servers, secret, runtime, WebSocket, changed } = this.#options;
    for (const url of servers) {
      const socket: SignalingSocket = new SignalingSocket({
        url,
        topic: secret.topic,
        runtime,
        WebSocket,
        received: (message) => this.#take(message, socket),
        changed,
      });
      this.#sockets.push(socket);
    }
  }

  /** Idempotent. */
  close(): void {
    for (const socket of this.#sockets.splice(0)) socket.close();
  }

  send(message: SignalMessage): void {
    const { secret, runtime } = this.#options;
    try {
      const sealed = secret.seal(new TextEncoder().encode(JSON.stringify(message)));
      this.#remember(sealed);
      this.#pass(sealed, undefined);
    } catch (error) {
      runtime.log('warn', 'a signaling message could not be sent', { error: String(error) });
    }
  }

  #take(sealed: Uint8Array, from: Source): void {
    if (!this.#remember(sealed) || !this.#mayTake()) return;
    const { secret, peer, received } = this.#options;
    const opened = secret.open(sealed);
    // Not of this mesh, or not of a member: it goes no further.
    const message =
      opened === undefined ? undefined : parseSignalMessage(new TextDecoder().decode(opened));
    if (message === undefined || message.from === peer) return;
    if (message.to !== peer) this.#pass(sealed, from);
    if (message.to === undefined || message.to === peer) received(message);
  }

  #pass(sealed: Uint8Array, from: Source): void {
    for (const socket of this.#sockets) if (socket !== from) socket.send(sealed);
    this.#carrier?.send(sealed, typeof from === 'number' ? from : undefined);
  }

  /** @returns false when it was here before */
  #remember(sealed: Uint8Array): boolean {
    const hash = toHex(sha256(sealed));
    if (this.#seen.has(hash)) return false;
    this.#seen.add(hash);
    if (this.#seen.size > webrtcLimits.signalsSeen)
      for (const oldest of this.#seen) {
        this.#seen.delete(oldest);
        break;
      }
    return true;
  }

  /** Copies, which come by every path there is, do not count. */
  #mayTake(): boolean {
    const second = Math.floor(this.#options.runtime.now() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#inSecond = 0;
    }
    return ++this.#inSecond <= webrtcLimits.signalsPerSecond;
  }
}
