import {
  closeCodes,
  type End,
  type FrameOf,
  type Guid,
  type Incarnation,
  type MeshId,
  MnemeshError,
  type ReplicaId,
  type Runtime,
  limits as wireLimits,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  followsOn,
  holdsAll,
  readUpdate,
  type UpdateContent,
} from '@mnemesh/segment';
import type { Compactor } from './compaction.js';
import { DocumentStates, type HeldDocument, type IndexedHead } from './document-states.js';
import { Folding } from './folding.js';
import { Forgetting } from './forgetting.js';
import { GroupCommit } from './group-commit.js';
import type { MeshLink, PushVerdict } from './mesh-link.js';
import type { MutableCounters } from './relay-counters.js';
import type { RelayLimits } from './relay-limits.js';
import { StrictClaims } from './strict-claims.js';
import type {
  DocumentName,
  LogIncarnation,
  MeshLog,
  ReplicaOpening,
  StoredDocument,
} from './update-log.js';

export interface MeshHubOptions {
  readonly mesh: MeshId;
  readonly log: MeshLog;
  readonly runtime: Runtime;
  readonly compactor: Compactor;
  readonly limits: RelayLimits;
  readonly counters: MutableCounters;
  /** Resolves when what is deleted from the log by now is erased from the disk. */
  readonly erased: () => Promise<void>;
}

/** One mesh at one relay: its links, its documents' states, what is pending, and the forwarding between links. */
export class MeshHub {
  readonly mesh: MeshId;
  readonly #log: MeshLog;
  readonly #options: MeshHubOptions;
  readonly #states: DocumentStates;
  readonly #commit: GroupCommit;
  readonly #folding: Folding;
  readonly #forgetting: Forgetting;
  readonly #links = new Set<MeshLink>();
  readonly #claims: StrictClaims;
  #admissions: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;
  /** Links that use this hub, admitted or not; it is unloaded only at 0. */
  users = 0;

  static async open(options: MeshHubOptions): Promise<MeshHub> {
    const { log, limits } = options;
    const states = new DocumentStates(log, await log.documents(), limits);
    return new MeshHub(options, states, await log.ends());
  }

  private constructor(options: MeshHubOptions, states: DocumentStates, ends: readonly End[]) {
    const { log, runtime, limits, compactor, counters } = options;
    this.mesh = options.mesh;
    this.#options = options;
    this.#log = log;
    this.#states = states;
    this.#claims = new StrictClaims(log, runtime, limits);
    this.#commit = new GroupCommit({
      log,
      states,
      runtime,
      limits,
      committed: (documents) => this.#committed(documents),
      failed: (error) => this.#fail(error),
    });
    this.#folding = new Folding({
      mesh: options.mesh,
      log,
      states,
      runtime,
      compactor,
      limits,
      counters,
      putBack: (document, update) => this.#putBack(document, update),
      failed: (error) => this.#fail(error),
    });
    this.#forgetting = new Forgetting(
      {
        log,
        states,
        folding: this.#folding,
        flush: () => this.#commit.flush(),
        erased: options.erased,
        failed: (error) => this.#fail(error),
      },
      ends,
    );
  }

  get incarnations(): readonly LogIncarnation[] {
    return this.#log.incarnations;
  }

  /** The current one. */
  get incarnation(): Incarnation {
    return (this.incarnations.at(-1) as LogIncarnation).incarnation;
  }

  /** Number up to which everything committed is known here. */
  get head(): number {
    return this.#states.head;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  get links(): number {
    return this.#links.size;
  }

  get documents(): number {
    return this.#states.heads.size;
  }

  get loadedDocuments(): number {
    return this.#states.loaded;
  }

  get claimsInDoubt(): boolean {
    return this.#log.claimsInDoubt;
  }

  get pendingBytes(): number {
    return this.#commit.pendingBytes;
  }

  /**
   * Is this replica's store the one that was here last? A lower counter is an older copy, an equal
   * one with another nonce a second copy. The new opening is durable when this resolves.
   */
  admit(replica: ReplicaId, opening: ReplicaOpening): Promise<boolean> {
    const admission = this.#admissions.then(() => this.#admit(replica, opening));
    this.#admissions = admission.catch(() => undefined);
    return admission;
  }

  join(link: MeshLink): void {
    const { serves } = link;
    if (serves !== undefined) {
      for (const other of [...this.#links]) {
        if (other.serves?.replica === serves.replica) other.superseded(serves.nonce);
      }
    }
    this.#links.add(link);
  }

  leave(link: MeshLink): void {
    this.#links.delete(link);
    this.#commit.forget(link);
  }

  /** Heads of committed documents beyond `number` that the link subscribes to, newest first. */
  beyond(number: number, link: MeshLink): readonly IndexedHead[] {
    const found: IndexedHead[] = [];
    for (const head of this.#states.heads.values()) {
      if (head.last > number && link.subscribes(head.namespace)) found.push(head);
    }
    return found.sort((a, b) => b.last - a.last);
  }

  /** Number of the last update committed to a document; 0 for one that is unknown. */
  lastOf(guid: Guid): number {
    return this.#states.heads.get(guid)?.last ?? 0;
  }

  read(guid: Guid, after: number): Promise<StoredDocument | undefined> {
    return this.#log.read(guid, after);
  }

  acquire(name: DocumentName): HeldDocument | Promise<HeldDocument> {
    return this.#states.acquire(name);
  }

  release(document: HeldDocument): void {
    this.#states.release(document);
  }

  /** Forwards to a link everything it subscribes to that is not yet durable; `document` narrows it to one. */
  forwardPending(link: MeshLink, document?: HeldDocument): void {
    for (const pending of this.#commit.pending) {
      const { name } = pending.document;
      if (document !== undefined ? pending.document !== document : !link.subscribes(name.namespace))
        continue;
      this.#forward(link, name, pending.update);
    }
  }

  /**
   * Takes a push, forwards it at once, and leaves it to the next group commit. Synchronous, so that
   * one link's pushes and everyone's forwards keep one order.
   */
  push(document: HeldDocument, update: Uint8Array, from: MeshLink | undefined): PushVerdict {
    if (this.#forgetting.isEnded(document.name)) return { kind: 'denied', reason: 'ended' };
    const content = tryRead(update);
    if (content === undefined) return { kind: 'denied', reason: 'malformed' };
    if (holdsAll(document.held, content)) return { kind: 'repeated' };
    if (!followsOn(document.held, content)) return { kind: 'gap', held: document.held };
    if (this.#isTooLarge(document, update)) return { kind: 'denied', reason: 'too_large' };
    if (this.#commit.pendingBytes + update.length > this.#options.limits.pendingBytes) {
      throw new MnemeshError(
        'overloaded',
        'The relay cannot store updates as fast as they come. Try again later.',
        {
          retryable: true,
        },
      );
    }
    document.addPending(update, content);
    this.#commit.add(document, update);
    for (const link of this.#links) {
      if (link !== from && link.live && link.subscribes(document.name.namespace)) {
        this.#forward(link, document.name, update);
      }
    }
    return { kind: 'accepted' };
  }

  /** `link` is told of its pushes up to here once all that is pending now is durable. */
  acknowledge(link: MeshLink): void {
    this.#commit.concern(link);
  }

  /** Resolves to true when nothing that this document's state says is deleted lies on the disk any more. */
  scrub(name: DocumentName, state: DocumentState): Promise<boolean> {
    return this.#forgetting.scrub(name, state);
  }

  /** Resolves to true when the end is kept, and nothing that it ended lies on the disk any more. */
  end(end: End): Promise<boolean> {
    const ended = this.#forgetting.end(end);
    for (const link of [...this.#links]) link.documentsEnded();
    return ended;
  }

  isEnded(name: DocumentName): boolean {
    return this.#forgetting.isEnded(name);
  }

  /** Bytes committed of a document. */
  bytesOf(guid: Guid): number {
    return this.#states.heads.get(guid)?.bytes ?? 0;
  }

  /** Grants a strict claim or refuses it; what was granted is durable when this resolves. */
  async claim(asked: FrameOf<'claim'>): Promise<FrameOf<'claimed'>> {
    try {
      return await this.#claims.answer(asked);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  presence(presence: Uint8Array, from: MeshLink): void {
    for (const link of this.#links) if (link !== from) link.presence(presence);
  }

  /** Passes on how peers find each other. The relay cannot read it. */
  signal(signal: Uint8Array, from: MeshLink): void {
    for (const link of this.#links) if (link !== from && link.live) link.signal(signal);
  }

  /** Commits what is pending and tells the links. */
  flush(): Promise<void> {
    return this.#commit.flush();
  }

  /** Commits what is pending, then lets go. Its links should have left. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#folding.close();
    await this.#commit.flush();
    await this.#commit.abandon();
  }

  async #admit(replica: ReplicaId, opening: ReplicaOpening): Promise<boolean> {
    const last = await this.#log.replica(replica);
    if (last !== undefined && opening.counter < last.counter) return false;
    if (last !== undefined && opening.counter === last.counter) return opening.nonce === last.nonce;
    try {
      await this.#log.putReplica(replica, opening);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
    return true;
  }

  #forward(link: MeshLink, name: DocumentName, update: Uint8Array): void {
    link.forward(name, update);
    this.#commit.concern(link);
    this.#options.counters.forwards++;
  }

  #isTooLarge(document: HeldDocument, update: Uint8Array): boolean {
    const { limits } = this.#options;
    const head = this.#states.heads.get(document.name.guid);
    if (head === undefined && this.documents >= limits.meshDocuments) return true;
    if (document.cost > wireLimits.stateBytes / 2) return true;
    return (head?.bytes ?? 0) + document.pendingBytes + update.length > limits.documentBytes;
  }

  #committed(documents: Iterable<Guid>): void {
    this.#options.counters.commits++;
    for (const guid of documents) this.#folding.consider(guid);
  }

  /** An update of the relay's own, made by compaction: it goes the way of every other. */
  async #putBack(name: DocumentName, update: Uint8Array): Promise<boolean> {
    const document = await this.#states.acquire(name);
    try {
      const verdict = this.push(document, update, undefined);
      await this.#commit.flush();
      return verdict.kind === 'accepted' || verdict.kind === 'repeated';
    } finally {
      this.#states.release(document);
    }
  }

  /** The log refused a write: nobody may believe in what it did not take, so every link starts over. */
  #fail(error: unknown): void {
    const { counters, runtime } = this.#options;
    counters.failedCommits++;
    const reason = error instanceof Error ? error.message : String(error);
    runtime.log('error', 'The update log refused a write; all links of the mesh start over.', {
      mesh: this.mesh,
      reason,
    });
    this.#closing ??= this.#abandon();
    for (const link of [...this.#links]) {
      link.close(
        closeCodes.storeFailed,
        'The relay could not write its log. What was not acked is not durable.',
      );
    }
  }

  async #abandon(): Promise<void> {
    await this.#commit.abandon();
    await this.#folding.close();
  }
}

function tryRead(update: Uint8Array): UpdateContent | undefined {
  try {
    return readUpdate(update);
  } catch {
    return undefined;
  }
}
