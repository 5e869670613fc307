import {
  type AgentId,
  type End,
  homeSegment,
  matchesAny,
  type Namespace,
  type RecordId,
  type SegmentName,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import type { CollectionDefinition } from '../collections/schema.js';
import { isLocalNamespace } from '../documents/local-namespace.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import { clockIso } from '../hybrid-clock.js';
import type { StoredRecord } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { SerialQueue } from '../serial-queue.js';
import type { Session } from '../session.js';
import type { SyncEngine } from '../sync/sync-engine.js';
import type { ForgetStatus, HolderStatus } from './forget-status.js';
import { forgettingLimits } from './forgetting-limits.js';
import type { Entries, ForgettingReplica, OpenEntries } from './forgetting-replica.js';
import { type Holder, replicaDefinition, replicaEntryId, tombstoneMark } from './holder-records.js';
import { type Receipt, Receipts } from './receipts.js';
import type { ScrubbedSegment } from './scrubber.js';

interface ReplicaFields {
  readonly replica: string;
  readonly agents: readonly AgentId[];
  readonly globs: readonly string[];
  readonly seen: number;
}

/** Receipts for what this replica and its relays have scrubbed, and what is known of everybody's. */
export class Forgetting {
  readonly #replica: ForgettingReplica;
  readonly #sync: SyncEngine;
  readonly #globs: readonly string[];
  readonly #receipts: Receipts;
  readonly #asking = new Set<string>();
  readonly #turn = new SerialQueue();
  #signer: Session | undefined;
  #open: OpenEntries | undefined;
  readonly #announced = new Set<string>();
  #closed = false;
  /** Relays will be asked, and what is known by then counts. */
  #asksAgain = false;

  /** @param globs what this replica subscribes to */
  constructor(replica: ForgettingReplica, sync: SyncEngine, globs: readonly string[]) {
    this.#replica = replica;
    this.#sync = sync;
    this.#globs = globs;
    this.#receipts = new Receipts(replica, (session, definition) =>
      this.entries(session, definition),
    );
  }

  /** The session in whose name this replica's receipts are signed. Before there is one, none is given. */
  get signer(): Session | undefined {
    return this.#open === undefined ? undefined : this.#signer;
  }

  /** Now entries can be written. Told with the first session; later calls change nothing. @returns whether it was the first */
  use(open: OpenEntries): boolean {
    if (this.#open !== undefined) return false;
    this.#open = open;
    this.linked();
    return true;
  }

  /** Only while there is a signer. */
  entries(session: Session, definition: CollectionDefinition): Entries {
    return (this.#open as OpenEntries)(session, definition);
  }

  /** The first agent that opens a session signs. @param session made when it is the first */
  signBy(session: () => Session): void {
    this.#signer ??= session();
  }

  /** Lists this replica, and who writes on it, among those that may hold what the mesh says. Once for each opening and agent. */
  async announce(session: Session): Promise<void> {
    const { id, runtime, store } = this.#replica;
    const agent = session.agent.id;
    const name = `${id} ${agent}`;
    if (this.#announced.has(name) || this.#open === undefined) return;
    this.#announced.add(name);
    const entry = replicaEntryId(id);
    const seen = runtime.now();
    const known = await store.record(replicaDefinition.namespace as Namespace, entry);
    const fields = known && entryFields(known);
    const isListed = fields?.agents.includes(agent) === true;
    if (isListed && seen - fields.seen < forgettingLimits.seenEveryMs) return;
    const entries = this.entries(session, replicaDefinition);
    const globs = [...this.#globs];
    if (known === undefined) {
      const input = { replica: id, agents: [agent], globs, seen };
      const made = (await entries.import({ id: entry, input })) as ReplicaFields;
      // Another session may have just made it, with another agent.
      if (!made.agents.includes(agent)) await entries.update(entry, { agents: { add: [agent] } });
    } else {
      await entries.get(entry);
      await entries.update(entry, { agents: { add: [agent] }, globs, seen });
    }
  }

  /**
   * Agents that write on this device, or did in an earlier opening: it may be alone in holding what they wrote. A
   * store that turned out to be a copy goes by another name now than it did, so whoever shares an entry with one
   * of them counts as well.
   */
  async ownAgents(): Promise<ReadonlySet<AgentId>> {
    const entries = [...(await this.#entries()).values()];
    const isOwn = ({ replica, agents }: ReplicaFields): boolean =>
      replica === this.#replica.id || agents.some((agent) => this.#replica.sessions.has(agent));
    return new Set(entries.filter(isOwn).flatMap(({ agents }) => agents));
  }

  /** Writes this replica's receipts, then asks its relays. @returns those whose receipts are durable */
  async scrubbed(segments: readonly ScrubbedSegment[]): Promise<readonly ScrubbedSegment[]> {
    const given: ScrubbedSegment[] = [];
    for (const scrubbed of segments) {
      const { place, obeyed } = scrubbed;
      if (!isLocalNamespace(place.namespace) && obeyed.length > 0) {
        const { signer } = this;
        if (signer === undefined) continue;
        const marks = obeyed.map(({ version }) => tombstoneMark(version));
        await this.#receipts.add(signer, this.#self, place, marks);
      }
      given.push(scrubbed);
    }
    this.linked();
    return given;
  }

  /** A relay may be asked now. */
  linked(): void {
    if (this.signer === undefined || this.#closed || this.#asksAgain) return;
    // While relays are being asked one more may have come, or one more receipt: then they are asked once more.
    this.#asksAgain = true;
    this.#turn
      .run(() => {
        this.#asksAgain = false;
        return this.#askRelays();
      })
      .catch((error) => {
        this.#replica.runtime.log('warn', 'asking relays for receipts failed', {
          error: String(error),
        });
      });
  }

  /** Waits for what is being written. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn.drained();
  }

  /** Ends of which this replica has not said yet that it holds nothing. */
  async withoutReceipt(ends: readonly End[]): Promise<readonly End[]> {
    const missing: End[] = [];
    for (const end of ends) {
      const { namespace, segment } = placeOfEnd(end);
      const receipt = await this.#receipts.get(this.#self, namespace, segment);
      if (receipt?.tombstones.has(END_MARK) !== true) missing.push(end);
    }
    return missing;
  }

  /** This replica holds nothing of what is over. */
  async endedHere(end: End): Promise<void> {
    const { signer } = this;
    if (signer === undefined) return;
    await this.#receipts.add(signer, this.#self, placeOfEnd(end), [END_MARK]);
  }

  /** A relay says that it holds nothing of what is over. Never rejects. */
  async endedAt(address: string, end: End): Promise<void> {
    const { signer } = this;
    if (signer === undefined || this.#closed) return;
    const relay = { kind: 'relay', holder: address } as const;
    try {
      await this.#receipts.add(signer, relay, placeOfEnd(end), [END_MARK]);
    } catch (error) {
      this.#replica.runtime.log('warn', 'a relay’s receipt could not be kept', {
        error: String(error),
      });
    }
  }

  /** Who has said that nothing is left of what this end is about. */
  async endStatus(end: End): Promise<Pick<ForgetStatus, 'holders' | 'outstanding'>> {
    const holders = await this.#holders(placeOfEnd(end), [END_MARK]);
    return { holders, outstanding: holders.filter(({ scrubbed }) => !scrubbed) };
  }

  async status(namespace: Namespace, id: RecordId): Promise<ForgetStatus | undefined> {
    const { store, segments } = this.#replica;
    const tombstones = (await store.envelopes(namespace, [id]))
      .filter(({ field }) => field === TOMBSTONE_FIELD)
      .sort((a, b) => a.clock - b.clock);
    const [first] = tombstones;
    if (first === undefined) return undefined;
    const marks = tombstones.map(({ version }) => tombstoneMark(version));
    const place = segments.place(namespace, homeSegment(id));
    const holders = isLocalNamespace(namespace)
      ? [this.#ownStatus(place)]
      : await this.#holders(place, marks);
    return {
      id,
      namespace,
      forgottenAt: clockIso(first.clock),
      forgottenBy: first.agent,
      holders,
      outstanding: holders.filter(({ scrubbed }) => !scrubbed),
    };
  }

  #ownStatus({ guid }: SegmentPlace): HolderStatus {
    const { segments, runtime } = this.#replica;
    return {
      ...this.#self,
      agents: this.#signer === undefined ? [] : [this.#signer.agent.id],
      seenAt: new Date(runtime.now()).toISOString(),
      scrubbed: !segments.heads.isUnscrubbed(guid),
    };
  }

  /** @param marks any of them will do: each is a tombstone of the same record */
  async #holders(place: ReceiptPlace, marks: readonly string[]): Promise<readonly HolderStatus[]> {
    const { namespace, segment } = place;
    const receipts = await this.#receipts.forSegment(namespace, segment);
    const entries = await this.#entries();
    const known = new Map<string, Holder>();
    const add = (holder: Holder): void => {
      known.set(`${holder.kind} ${holder.holder}`, holder);
    };
    add(this.#self);
    for (const address of this.#sync.relays) add({ kind: 'relay', holder: address });
    for (const { replica, globs } of entries.values())
      if (matchesAny(globs, namespace)) add({ kind: 'replica', holder: replica });
    for (const { kind, holder } of receipts) add({ kind, holder });
    return [...known.values()].map((holder) => {
      const receipt = receipts.find((one) => isOf(one, holder));
      const entry = entries.get(holder.holder);
      return {
        ...holder,
        agents: entry?.agents ?? [],
        seenAt: this.#seenAt(holder, entry, receipt),
        scrubbed: marks.some((mark) => receipt?.tombstones.has(mark) === true),
      };
    });
  }

  #seenAt(
    holder: Holder,
    entry: ReplicaFields | undefined,
    receipt: Receipt | undefined,
  ): string | undefined {
    if (isOf(this.#self, holder)) return new Date(this.#replica.runtime.now()).toISOString();
    const times = [
      ...(entry === undefined ? [] : [new Date(entry.seen).toISOString()]),
      ...(receipt === undefined ? [] : [receipt.at]),
    ];
    return times.sort().at(-1);
  }

  async #entries(): Promise<ReadonlyMap<string, ReplicaFields>> {
    const records = await this.#replica.store.query({
      namespaces: [replicaDefinition.namespace as Namespace],
      collection: replicaDefinition.name,
      limit: 10_000,
    });
    return new Map(
      records.map((record) => {
        const fields = entryFields(record);
        return [fields.replica, fields];
      }),
    );
  }

  /** Asks each linked relay to scrub what this replica has scrubbed and the relay has no receipt for. */
  async #askRelays(): Promise<void> {
    const addresses = this.#sync.linkedRelays;
    if (addresses.length === 0) return;
    const own = await this.#receipts.of(this.#self);
    for (const holder of addresses) {
      for (const receipt of own) {
        const { namespace, segment } = receipt;
        const said = await this.#receipts.get({ kind: 'relay', holder }, namespace, segment);
        const marks = [...receipt.tombstones].filter(
          (mark) => mark !== END_MARK && !said?.tombstones.has(mark),
        );
        if (marks.length > 0) this.#ask(holder, { namespace, segment }, marks);
      }
    }
  }

  /** One question at a time for each relay and segment. */
  #ask(address: string, { namespace, segment }: ReceiptPlace, marks: readonly string[]): void {
    const key = [address, namespace, segment].join('\n');
    if (this.#asking.has(key) || this.#closed) return;
    this.#asking.add(key);
    const place = this.#replica.segments.place(namespace, segment);
    const asked = this.#sync.scrubAt(address, place).then(
      async (isScrubbed) => {
        this.#asking.delete(key);
        if (!isScrubbed || this.#signer === undefined || this.#closed) return;
        const relay = { kind: 'relay', holder: address } as const;
        await this.#turn.run(() =>
          this.#receipts.add(this.#signer as Session, relay, place, marks),
        );
        this.linked(); // what was forgotten meanwhile
      },
      () => this.#asking.delete(key), // asked again with the next link
    );
    asked.catch((error) => {
      this.#replica.runtime.log('warn', 'a relay’s receipt could not be kept', {
        error: String(error),
      });
    });
  }

  get #self(): Holder {
    return { kind: 'replica', holder: this.#replica.id };
  }
}

function entryFields({ view }: StoredRecord): ReplicaFields {
  return (JSON.parse(view) as StoredView & { readonly fields: ReplicaFields }).fields;
}

type ReceiptPlace = Pick<SegmentPlace, 'namespace' | 'segment'>;

/** What stands for the tombstone in a receipt for an end. */
const END_MARK = 'end';

/** A floor's receipt is about no single segment. */
function placeOfEnd({ namespace, floor, segment }: End): ReceiptPlace {
  return { namespace, segment: segment ?? (`below-${floor}` as SegmentName) };
}

function isOf(a: Holder, b: Holder): boolean {
  return a.kind === b.kind && a.holder === b.holder;
}
