import type { Transport, TransportState } from '@mnemesh/core';
import {
  type Cancel,
  type Link,
  type LinkAcceptor,
  type MeshId,
  MnemeshError,
  type Runtime,
  randomFraction,
  toHex,
} from '@mnemesh/protocol';
import { loadPlatform } from '#platform';
import type { IceServer, RtcStatistics } from './connection.js';
import { Contacts } from './contacts.js';
import { MeshSecret } from './mesh-secret.js';
import { OfflineInvitations } from './offline-invitations.js';
import type { RtcPlatform } from './rtc-platform.js';
import { SignalRouter } from './signal-router.js';
import { parseSignalingAddress } from './signaling-address.js';
import { webrtcLimits } from './webrtc-limits.js';

export interface WebrtcTransportOptions {
  readonly mesh: MeshId;
  /** Shared by the members of the mesh and nobody else; `newMeshSecret` makes one. */
  readonly secret: string;
  readonly runtime: Runtime;
  /** Signaling servers besides the links of the mesh, none by default: `ws://host:port/signal`. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers, none by default: peers of one network need none. */
  readonly iceServers?: readonly IceServer[];
  /** Peers to be linked with at a time. Default `webrtcLimits.peers`. */
  readonly peers?: number;
}

/** A transport of peer links, and what its connections say of themselves. */
export interface PeerTransport extends Transport {
  /** Of each connection that is a link: `getStats` tells what its data channel has carried. */
  readonly connections: readonly RtcStatistics[];
}

/**
 * Links to the peers of a mesh. Loads the platform's WebRTC, which in Node is an optional package.
 * @throws MnemeshError `bad_input`
 */
export async function webrtcTransport(options: WebrtcTransportOptions): Promise<PeerTransport> {
  const { mesh, runtime, signaling = [] } = options;
  const secret = new MeshSecret(options.secret, mesh, runtime);
  const servers = [...new Set(signaling.map(parseSignalingAddress))];
  if (servers.length > webrtcLimits.servers)
    throw new MnemeshError('bad_input', `Name at most ${webrtcLimits.servers} signaling servers.`);
  return new WebrtcTransport(options, secret, servers, await loadPlatform());
}

class WebrtcTransport implements PeerTransport {
  readonly kind = 'peer';
  readonly address: string;
  readonly signals: SignalRouter;
  readonly invitations: OfflineInvitations;
  readonly #runtime: Runtime;
  readonly #platform: RtcPlatform;
  readonly #contacts: Contacts;
  readonly #peer: string;
  #accept: LinkAcceptor | undefined;
  #changed: (state: TransportState) => void = () => undefined;
  #state: TransportState = 'offline';
  #offline = false;
  #paths = 0;
  /** Time enough for a path to open has passed. */
  #waited = false;
  #wait: Cancel = () => undefined;
  #announcing: Cancel | undefined;
  #closed = false;
  #closing: Promise<void> | undefined;

  constructor(
    { runtime, peers, iceServers = [] }: WebrtcTransportOptions,
    secret: MeshSecret,
    servers: readonly string[],
    platform: RtcPlatform,
  ) {
    this.#runtime = runtime;
    this.#platform = platform;
    this.#peer = toHex(runtime.randomBytes(16));
    this.address = servers.length === 0 ? 'peers' : `peers by ${servers.join(', ')}`;
    this.signals = new SignalRouter({
      peer: this.#peer,
      secret,
      servers,
      runtime,
      WebSocket: platform.WebSocket,
      received: (message) => this.#contacts.received(message),
      changed: () => this.#pathsChanged(),
    });
    this.#contacts = new Contacts({
      peer: this.#peer,
      rtc: platform,
      iceServers,
      runtime,
      peers: peers ?? webrtcLimits.peers,
      accept: (link) => (this.#accept as LinkAcceptor)(link),
      send: (message) => this.signals.send(message),
      changed: () => this.#refresh(),
    });
    this.invitations = new OfflineInvitations({
      peer: this.#peer,
      rtc: platform,
      iceServers,
      secret,
      runtime,
      contacts: this.#contacts,
      online: () => this.#online,
    });
  }

  get state(): TransportState {
    return this.#state;
  }

  get connections(): readonly RtcStatistics[] {
    return this.#contacts.linked.flatMap(({ connection }) => connection.statistics ?? []);
  }

  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void {
    if (this.#closed) throw new MnemeshError('closed', 'This transport is closed.');
    if (this.#accept !== undefined) throw new Error('a transport starts once');
    this.#accept = accept;
    this.#changed = changed;
    if (!this.#offline) this.#goOnline();
  }

  admitted(link: Link): void {
    this.#contacts.admitted(link);
  }

  setOffline(offline: boolean): void {
    if (this.#offline === offline || this.#closed) return;
    this.#offline = offline;
    if (this.#accept === undefined) return;
    if (offline) this.#goOffline('This replica was set offline.');
    else this.#goOnline();
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    this.#closed = true;
    this.#goOffline('This replica was closed.');
    await this.#contacts.gone();
    this.#platform.release();
  }

  #goOnline(): void {
    this.#contacts.open();
    this.#waited = false;
    this.#wait = this.#runtime.after(webrtcLimits.noPathAfterMs, () => {
      this.#waited = true;
      this.#refresh();
    });
    this.signals.open();
    this.#announceAfter(webrtcLimits.announceDelayMs);
    this.#refresh();
  }

  #goOffline(reason: string): void {
    this.#wait();
    this.#announcing?.();
    this.#announcing = undefined;
    this.invitations.giveUp();
    this.#contacts.closeAll(reason);
    this.signals.close();
    this.#paths = 0;
    this.#refresh();
  }

  /** A new path may lead to peers that have not heard of this one. */
  #pathsChanged(): void {
    if (!this.#online) return;
    const { paths } = this.signals;
    if (paths > this.#paths) this.#announceAfter(webrtcLimits.announceDelayMs);
    this.#paths = paths;
    this.#refresh();
  }

  /** Announces this peer then, and again from time to time: who was full, or cut off, may not be any more. */
  #announceAfter(ms: number): void {
    this.#announcing?.();
    this.#announcing = this.#runtime.after(ms, () => {
      if (this.#contacts.roomy) this.signals.send({ type: 'announce', from: this.#peer });
      const { announceMs } = webrtcLimits;
      this.#announceAfter(announceMs / 2 + (announceMs / 2) * randomFraction(this.#runtime));
    });
  }

  get #online(): boolean {
    return this.#accept !== undefined && !this.#offline && !this.#closed;
  }

  #refresh(): void {
    const state = this.#current();
    if (this.#state === state) return;
    this.#state = state;
    this.#changed(state);
  }

  #current(): TransportState {
    if (!this.#online) return 'offline';
    if (this.#contacts.links.length > 0) return 'connected';
    if (this.#contacts.barred && !this.#contacts.hopeful) return 'refused';
    const lost = this.signals.paths === 0 && !this.signals.trying && this.#waited;
    return lost ? 'no_signaling' : 'connecting';
  }
}
