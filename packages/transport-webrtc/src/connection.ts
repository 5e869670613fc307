import { Room, WebrtcConn } from 'y-webrtc';
import { Doc } from 'yjs';
import type { Channel } from './paced-queue.js';
import type { RtcPlatform } from './rtc-platform.js';
import { type PeerId, parseSignal, type Signal } from './signal-message.js';
import { webrtcLimits } from './webrtc-limits.js';

/** What a connection tells the one who made it. */
export interface ConnectionOwner {
  /** To be brought to the other end, in this order. */
  signal(signal: Signal): void;
  opened(): void;
  received(message: Uint8Array): void;
  /** The last call. */
  closed(error: Error | undefined): void;
}

export interface IceServer {
  readonly urls: string | readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

export interface CarrierOptions {
  /** This end, among the members of the mesh. */
  readonly peer: PeerId;
  readonly rtc: RtcPlatform;
  readonly iceServers: readonly IceServer[];
  /** True: what is signaled waits for all addresses, and is one message. Default false. */
  readonly whole?: boolean;
}

/** What this package uses of simple-peer. */
interface SimplePeer {
  readonly bufferSize: number;
  readonly destroyed: boolean;
  readonly _channel: DataChannel | null;
  readonly _pc: RtcStatistics | null;
  on(event: string, listener: (value: never) => void): void;
  removeAllListeners(event: string): void;
  signal(signal: Signal): void;
  send(message: Uint8Array): void;
  destroy(): void;
}

interface DataChannel {
  readonly readyState: string;
  addEventListener?(event: 'bufferedamountlow', listener: () => void): void;
}

/** The part of RTCPeerConnection that tells what has passed. */
export interface RtcStatistics {
  getStats(): Promise<unknown>;
}

/**
 * One connection, made by y-webrtc. Its room is never connected: so it joins no BroadcastChannel, follows no
 * document and no awareness, and its stock readers, which would let anybody write the carrier document, are taken off
 * before the first byte. The room bears a random name and the carrier document stays empty.
 */
export class Connection implements Channel {
  readonly #conn: WebrtcConn;
  readonly #peer: SimplePeer;
  readonly #owner: ConnectionOwner;
  readonly #lowered = new Set<() => void>();
  #opened = false;
  #closed = false;
  #error: Error | undefined;

  constructor(
    options: CarrierOptions & { readonly remote: PeerId; readonly initiator: boolean },
    owner: ConnectionOwner,
  ) {
    this.#owner = owner;
    const signaling = { send: (message: unknown) => this.#signaled(message) };
    this.#conn = new WebrtcConn(
      signaling as unknown as ConstructorParameters<typeof WebrtcConn>[0],
      options.initiator,
      options.remote,
      carrierRoom(options),
    );
    this.#peer = this.#conn.peer as SimplePeer;
    for (const event of ['data', 'connect']) this.#peer.removeAllListeners(event);
    this.#peer.on('connect', () => this.#open());
    this.#peer.on('data', (data: Uint8Array) => this.#received(data));
    this.#peer.on('error', (error: Error) => {
      this.#error = error;
    });
    this.#peer.on('close', () => this.#close());
  }

  /** Bytes handed to the data channel that have not left. */
  get bufferedBytes(): number {
    return this.#closed ? 0 : this.#peer.bufferSize;
  }

  /** Of the connection below, as the platform counts. */
  get statistics(): RtcStatistics | undefined {
    return this.#peer._pc ?? undefined;
  }

  /** Takes what the other end signaled. Whatever it is, it does not throw. */
  signal(signal: Signal): void {
    if (this.#closed || this.#peer.destroyed) return;
    try {
      this.#peer.signal(signal);
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** @returns false when the channel takes nothing any more */
  send(message: Uint8Array): boolean {
    if (this.#closed || this.#peer._channel?.readyState !== 'open') return false;
    try {
      this.#peer.send(message);
      return true;
    } catch (error) {
      this.destroy(error as Error);
      return false;
    }
  }

  /** Calls `run` whenever the channel has little left to send; where the platform tells. */
  onLow(run: () => void): void {
    this.#lowered.add(run);
  }

  /** Idempotent. */
  destroy(error?: Error): void {
    this.#error ??= error;
    this.#conn.destroy();
    this.#close();
  }

  /** y-webrtc publishes what simple-peer wants to be signaled. */
  #signaled(message: unknown): void {
    const { data } = message as { readonly data?: { readonly signal?: unknown } };
    const signal = parseSignal(data?.signal);
    if (signal !== undefined && !this.#closed) this.#owner.signal(signal);
  }

  #open(): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    this.#peer._channel?.addEventListener?.('bufferedamountlow', () => {
      for (const run of this.#lowered) run();
    });
    this.#owner.opened();
  }

  /** What arrives before this end was told that it is connected comes over an open channel all the same. */
  #received(data: Uint8Array): void {
    this.#open();
    if (this.#closed) return;
    this.#owner.received(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lowered.clear();
    this.#owner.closed(this.#error);
  }
}

/** A room of y-webrtc for one connection. It is not in y-webrtc's own list of rooms, where names must be unique. */
function carrierRoom({ peer, rtc, iceServers, whole = false }: CarrierOptions): Room {
  const document = new Doc();
  const provider = {
    maxConns: 1,
    filterBcConns: false,
    peerOpts: {
      ...(rtc.wrtc === undefined ? {} : { wrtc: rtc.wrtc }),
      // Without this, simple-peer would ask public STUN servers.
      config: { iceServers },
      trickle: !whole,
      iceCompleteTimeout: webrtcLimits.gatheredMs,
    },
    emit: () => undefined,
  };
  const room = new Room(
    document,
    provider as unknown as ConstructorParameters<typeof Room>[1],
    document.guid,
    null,
  );
  room.peerId = peer;
  // It would withdraw awareness, of which there is none, and one listener for each connection adds up.
  rtc.forgetExit(room._beforeUnloadHandler);
  return room;
}
