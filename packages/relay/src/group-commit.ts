import type { Cancel, Guid, Runtime } from '@mnemesh/protocol';
import { type DocumentState, encodeState, hashState } from '@mnemesh/segment';
import type { DocumentStates, HeldDocument } from './document-states.js';
import type { RelayLimits } from './relay-limits.js';
import type { AppendedDocument, MeshLog } from './update-log.js';

/** Someone who is told when what it pushed, or was forwarded, is durable. */
export interface Concerned {
  /** Number of its last push that was handled. */
  readonly handled: number;
  /** Number of the last push sent to it. */
  readonly forwarded: number;
  durable(received: number, sent: number, number: number): void;
}

interface PendingUpdate {
  readonly document: HeldDocument;
  readonly update: Uint8Array;
}

interface Group {
  readonly updates: PendingUpdate[];
  readonly concerned: Set<Concerned>;
  readonly committed: (() => void)[];
  bytes: number;
}

/** A group as it was when its commit began; what comes later belongs to the next. */
interface SealedGroup extends Group {
  readonly documents: ReadonlyMap<Guid, SealedDocument>;
  readonly acks: readonly {
    readonly to: Concerned;
    readonly received: number;
    readonly sent: number;
  }[];
}

interface SealedDocument {
  readonly document: HeldDocument;
  readonly state: DocumentState;
  readonly encoded: Uint8Array;
  readonly hash: string;
  /** Of its last update within the group. */
  index: number;
  updates: number;
  bytes: number;
}

export interface GroupCommitOptions {
  readonly log: MeshLog;
  readonly states: DocumentStates;
  readonly runtime: Pick<Runtime, 'after'>;
  readonly limits: RelayLimits;
  /** A group is durable and everyone was told. */
  readonly committed: (documents: Iterable<Guid>) => void;
  /** The log refused a group. Nothing more will be committed or told. */
  readonly failed: (error: unknown) => void;
}

/**
 * Collects the updates of one mesh and commits them in groups, one at a time. While a group is being
 * written the next one collects. Nobody is told of an update before the log's write has resolved.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions;
  #collecting: Group = emptyGroup();
  #committing: Group | undefined;
  #cancelTimer: Cancel | undefined;
  #running: Promise<void> = Promise.resolve();
  #failed = false;

  constructor(options: GroupCommitOptions) {
    this.#options = options;
  }

  /** Bytes that are forwarded and not yet durable. */
  get pendingBytes(): number {
    return this.#collecting.bytes + (this.#committing?.bytes ?? 0);
  }

  /** Updates that are not yet durable, in order. */
  get pending(): readonly PendingUpdate[] {
    return [...(this.#committing?.updates ?? []), ...this.#collecting.updates];
  }

  add(document: HeldDocument, update: Uint8Array): void {
    const group = this.#collecting;
    group.updates.push({ document, update });
    group.bytes += update.length;
    this.#schedule();
  }

  /** `link` is told its numbers once all that is pending now is durable. */
  concern(link: Concerned): void {
    this.#collecting.concerned.add(link);
    this.#schedule();
  }

  forget(link: Concerned): void {
    this.#collecting.concerned.delete(link);
  }

  /** Commits at once; resolves when all that is pending now is durable, or the log has refused it. */
  async flush(): Promise<void> {
    if (this.#failed) return;
    if (isEmptyGroup(this.#collecting) && this.#committing === undefined) return;
    const durable = new Promise<void>((resolve) => this.#collecting.committed.push(resolve));
    this.#begin();
    await durable;
  }

  /** Drops what is pending. Resolves when nothing is being written. */
  async abandon(): Promise<void> {
    this.#fail();
    await this.#running;
  }

  #schedule(): void {
    if (this.#failed || this.#committing !== undefined) return;
    const { limits, runtime } = this.#options;
    if (this.#collecting.bytes >= limits.groupBytes) this.#begin();
    else this.#cancelTimer ??= runtime.after(limits.groupDelayMs, () => this.#begin());
  }

  #begin(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#failed || this.#committing !== undefined) return;
    this.#running = this.#commitAll();
  }

  /** Never rejects. */
  async #commitAll(): Promise<void> {
    while (!this.#failed && !isEmptyGroup(this.#collecting)) {
      const group = this.#collecting;
      this.#collecting = emptyGroup();
      this.#committing = group;
      try {
        await this.#commit(seal(group));
      } catch (error) {
        if (!this.#failed) {
          this.#fail();
          this.#options.failed(error);
        }
      } finally {
        for (const resolve of group.committed) resolve();
      }
    }
  }

  async #commit(group: SealedGroup): Promise<void> {
    const { log, states } = this.#options;
    if (group.updates.length > 0) {
      const { first } = await log.append({
        updates: group.updates.map(({ document, update }) => ({
          guid: document.name.guid,
          update,
        })),
        documents: [...group.documents.values()].map(appended),
      });
      if (this.#failed) return;
      for (const {
        document,
        state,
        encoded,
        hash,
        updates,
        bytes,
        index,
      } of group.documents.values()) {
        const commit = {
          state,
          stateBytes: encoded.length,
          hash,
          updates,
          bytes,
          last: first + index,
        };
        states.committed(document, commit);
      }
    }
    this.#committing = undefined;
    for (const { to, received, sent } of group.acks) to.durable(received, sent, states.head);
    this.#options.committed(group.documents.keys());
  }

  #fail(): void {
    this.#failed = true;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    for (const resolve of this.#collecting.committed) resolve();
    this.#collecting = emptyGroup();
    this.#committing = undefined;
  }
}

/** The states of now: they hold exactly what is committed and this group, for nothing else is pending. */
function seal(group: Group): SealedGroup {
  const documents = new Map<Guid, SealedDocument>();
  for (const [index, { document, update }] of group.updates.entries()) {
    const sealed = documents.get(document.name.guid) ?? sealDocument(document);
    sealed.index = index;
    sealed.updates++;
    sealed.bytes += update.length;
    documents.set(document.name.guid, sealed);
  }
  const acks = [...group.concerned].map((to) => ({
    to,
    received: to.handled,
    sent: to.forwarded,
  }));
  return { ...group, documents, acks };
}

function sealDocument(document: HeldDocument): SealedDocument {
  const state = document.held;
  return {
    document,
    state,
    encoded: encodeState(state),
    hash: hashState(state),
    index: 0,
    updates: 0,
    bytes: 0,
  };
}

function appended({ document, encoded, hash }: SealedDocument): AppendedDocument {
  return { ...document.name, state: encoded, hash };
}

function emptyGroup(): Group {
  return { updates: [], concerned: new Set(), committed: [], bytes: 0 };
}

function isEmptyGroup(group: Group): boolean {
  return group.updates.length === 0 && group.concerned.size === 0 && group.committed.length === 0;
}
