import {
  type Cancel,
  closeCodes,
  type Link,
  type LinkAcceptor,
  type LinkHandler,
  type MeshId,
  MnemeshError,
  type Runtime,
  type Signatures,
} from '@mnemesh/protocol';
import { type Compactor, inlineCompactor } from './compaction.js';
import { Erasure } from './erasure.js';
import { MeshHub } from './mesh-hub.js';
import { ProseRooms, type ProseRoomsStatus } from './prose/prose-rooms.js';
import { type MutableCounters, newCounters, type RelayCounters } from './relay-counters.js';
import { type RelayLimits, relayLimits } from './relay-limits.js';
import { RelaySession } from './relay-session.js';
import type { RoomFolder } from './rooms/room-folder.js';
import type { RoomLimits } from './rooms/room-limits.js';
import type { MeshLog, UpdateLog } from './update-log.js';

export interface RelayOptions {
  /** Stays open when the relay closes: whoever opened it closes it after. */
  readonly log: UpdateLog;
  readonly runtime: Runtime;
  readonly signatures: Pick<Signatures, 'verify'>;
  /** Where documents are folded; on the caller's own turn when absent. Closed with the relay. */
  readonly compactor?: Compactor;
  readonly limits?: Partial<RelayLimits>;
  /** Where what a plain client of a prose document lacks is found; on the caller's own turn when absent. Stays open. */
  readonly folder?: RoomFolder;
  /** Bounds of prose documents' plain clients; see `proseRoomLimits`. */
  readonly proseLimits?: Partial<RoomLimits>;
  /**
   * The operator confirms that strict claims are as the log says, after an end out of order: nobody works on
   * a task under a grant that the log may have lost. Default false: such a mesh grants none until then.
   */
  readonly confirmClaims?: boolean;
}

export interface RelayStatus {
  readonly links: number;
  readonly meshes: readonly MeshStatus[];
  /** Plain clients of prose documents. */
  readonly prose: ProseRoomsStatus;
  readonly counters: RelayCounters;
}

/** A mesh that is loaded now. */
export interface MeshStatus {
  readonly mesh: MeshId;
  readonly links: number;
  readonly documents: number;
  /** Documents whose state is in memory. */
  readonly loadedDocuments: number;
  /** Number of the last committed update. */
  readonly head: number;
  /** Bytes forwarded and not yet durable. */
  readonly pendingBytes: number;
  /** Strict claims are refused until the operator confirms them. */
  readonly claimsInDoubt: boolean;
}

/** Stores and forwards: takes links of any carrier, keeps what replicas push in its log, hands it on. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #limits: RelayLimits;
  readonly #compactor: Compactor;
  readonly #erasure: Erasure;
  readonly #counters: MutableCounters = newCounters();
  /** Prose documents as plain y-websocket clients join them. */
  readonly prose: ProseRooms;
  readonly #sessions = new Set<RelaySession>();
  readonly #hubs = new Map<MeshId, Promise<MeshHub>>();
  readonly #loaded = new Map<MeshId, MeshHub>();
  readonly #idle = new Map<MeshHub, Cancel>();
  #cancelSweep: Cancel | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#limits = { ...relayLimits, ...options.limits };
    this.#compactor = options.compactor ?? inlineCompactor(options.signatures);
    const { log, runtime } = options;
    this.#erasure = new Erasure({ log, runtime, limits: this.#limits });
    this.prose = new ProseRooms({
      runtime,
      ...(options.folder === undefined ? {} : { folder: options.folder }),
      ...(options.proseLimits === undefined ? {} : { limits: options.proseLimits }),
      openHub: (mesh) => this.#openKnownHub(mesh),
      left: (hub) => this.#left(hub),
    });
  }

  readonly accept: LinkAcceptor = (link) => {
    if (this.#closing !== undefined) return refuse(link, 'goingAway', 'The relay is closing.');
    if (this.#sessions.size >= this.#limits.links) {
      return refuse(link, 'overloaded', 'The relay has as many links as it can keep.');
    }
    const session = new RelaySession({
      link,
      runtime: this.#options.runtime,
      limits: this.#limits,
      counters: this.#counters,
      openHub: (mesh) => this.#openHub(mesh),
      ended: (ended, hub) => this.#ended(ended, hub),
    });
    this.#sessions.add(session);
    this.#counters.linksAccepted++;
    this.#keepSweeping();
    return session;
  };

  status(): RelayStatus {
    const meshes = [...this.#loaded.values()].map((hub) => ({
      mesh: hub.mesh,
      links: hub.links,
      documents: hub.documents,
      loadedDocuments: hub.loadedDocuments,
      head: hub.head,
      pendingBytes: hub.pendingBytes,
      claimsInDoubt: hub.claimsInDoubt,
    }));
    const counters = { ...this.#counters };
    return { links: this.#sessions.size, meshes, prose: this.prose.status(), counters };
  }

  /** Commits what is pending, tells the links, and closes them. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#cancelSweep?.();
    for (const cancel of this.#idle.values()) cancel();
    this.#idle.clear();
    const hubs = (await Promise.allSettled(this.#hubs.values()))
      .filter((result) => result.status === 'fulfilled')
      .map((result) => result.value);
    await Promise.all(hubs.map((hub) => hub.flush()));
    await this.prose.close();
    const sessions = [...this.#sessions];
    for (const session of sessions) session.close(closeCodes.goingAway, 'The relay is closing.');
    await this.#erasure.close();
    await Promise.all(sessions.map((session) => session.ended()));
    await Promise.all(hubs.map((hub) => hub.close()));
    this.#hubs.clear();
    this.#loaded.clear();
    await this.#compactor.close();
  }

  /** The hub of a mesh, with the caller counted as its user. */
  async #openHub(mesh: MeshId): Promise<MeshHub> {
    for (;;) {
      if (this.#closing !== undefined)
        throw new MnemeshError('overloaded', 'The relay is closing.');
      const hub = await (this.#hubs.get(mesh) ?? this.#loadHub(mesh));
      if (!hub.closed) {
        this.#checkRoom(hub);
        this.#idle.get(hub)?.();
        this.#idle.delete(hub);
        hub.users++;
        return hub;
      }
      await this.#unload(hub);
    }
  }

  /** Of a mesh that replicas have brought something of: else any name a plain client makes up would be kept for ever. */
  async #openKnownHub(mesh: MeshId): Promise<MeshHub | undefined> {
    const isKnown = this.#hubs.has(mesh) || (await this.#options.log.holds(mesh));
    return isKnown ? this.#openHub(mesh) : undefined;
  }

  #loadHub(mesh: MeshId): Promise<MeshHub> {
    if (this.#hubs.size >= this.#limits.meshes) {
      throw new MnemeshError('overloaded', 'The relay holds as many meshes as it can keep.');
    }
    const opening = this.#load(mesh);
    this.#hubs.set(mesh, opening);
    return opening;
  }

  async #load(mesh: MeshId): Promise<MeshHub> {
    try {
      const log = await this.#options.log.mesh(mesh);
      if (log.claimsInDoubt) await this.#settleDoubt(log);
      const hub = await MeshHub.open({
        mesh,
        log,
        runtime: this.#options.runtime,
        compactor: this.#compactor,
        limits: this.#limits,
        counters: this.#counters,
        erased: () => this.#erasure.erased(),
      });
      this.#loaded.set(mesh, hub);
      return hub;
    } catch (error) {
      this.#hubs.delete(mesh);
      throw error;
    }
  }

  async #settleDoubt(log: MeshLog): Promise<void> {
    const { runtime, confirmClaims } = this.#options;
    if (confirmClaims === true) {
      await log.confirmClaims();
      return;
    }
    runtime.log(
      'warn',
      'Strict claims are refused until they are confirmed: the relay was not closed in order.',
      {
        mesh: log.mesh,
      },
    );
  }

  #checkRoom(hub: MeshHub): void {
    if (hub.users < this.#limits.meshLinks) return;
    throw new MnemeshError('overloaded', 'This mesh has as many links as the relay can keep.');
  }

  #ended(session: RelaySession, hub: MeshHub | undefined): void {
    this.#sessions.delete(session);
    if (hub !== undefined) this.#left(hub);
  }

  #left(hub: MeshHub): void {
    hub.users--;
    if (hub.users > 0 || this.#closing !== undefined) return;
    const { runtime } = this.#options;
    const cancel = runtime.after(this.#limits.idleMeshMs, () => this.#unloadIdle(hub));
    this.#idle.get(hub)?.();
    this.#idle.set(hub, cancel);
  }

  /** Its closing is awaited by the next link of the mesh, and by the relay's own. */
  #unloadIdle(hub: MeshHub): void {
    this.#idle.delete(hub);
    if (hub.users > 0) return;
    this.#unload(hub).catch((error: unknown) => {
      this.#options.runtime.log('error', 'An idle mesh could not be unloaded.', {
        mesh: hub.mesh,
        reason: String(error),
      });
    });
  }

  async #unload(hub: MeshHub): Promise<void> {
    await hub.close();
    if (this.#loaded.get(hub.mesh) !== hub) return;
    this.#loaded.delete(hub.mesh);
    this.#hubs.delete(hub.mesh);
  }

  /** One timer for all links, and none while there are none. */
  #keepSweeping(): void {
    this.#cancelSweep ??= this.#options.runtime.after(this.#limits.sweepMs, () => {
      this.#cancelSweep = undefined;
      for (const session of [...this.#sessions]) session.sweep();
      if (this.#sessions.size > 0 && this.#closing === undefined) this.#keepSweeping();
    });
  }
}

function refuse(link: Link, code: 'goingAway' | 'overloaded', reason: string): LinkHandler {
  link.close(closeCodes[code], reason);
  return { received: () => undefined, closed: () => undefined };
}
