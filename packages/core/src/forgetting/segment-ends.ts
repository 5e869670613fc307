import {
  BASE_FIELD,
  type Clock,
  decodeEnvelope,
  type Ends,
  equalBytes,
  MnemeshError,
  type Namespace,
  parseNamespace,
  proseRecord,
  proseSegment,
  type RecordId,
  recordId,
  type SegmentName,
  seriesOf,
  TOMBSTONE_FIELD,
} from '@mnemesh/protocol';
import { emptyState, type VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import { DIRECTORY_NAMESPACE } from '../documents/directory.js';
import { isLocalNamespace } from '../documents/local-namespace.js';
import type { FieldWrite } from '../documents/record-write.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { StoredRecord } from '../ports/index.js';
import { canonicalJson } from '../records/canonical-json.js';
import { SerialQueue } from '../serial-queue.js';
import type { Session } from '../session.js';
import type { SyncEngine } from '../sync/sync-engine.js';
import { Timers } from '../timers.js';
import {
  type EndFields,
  endDefinition,
  movedRecord,
  type SeenBySegment,
  SeenEnvelopes,
} from './end-records.js';
import type { PurgeStatus } from './forget-status.js';
import type { Forgetting } from './forgetting.js';
import { forgettingLimits } from './forgetting-limits.js';
import type { ForgettingReplica } from './forgetting-replica.js';
import { type MovedRecord, moveRecords, originsOf, successorOf } from './moved-records.js';

/** What a purge did. */
export interface Purge {
  readonly namespace: Namespace;
  /** Fresh records of the namespace go to segments from here on. */
  readonly floor: number;
  /** Segments that were here and are over now. */
  readonly segments: number;
}

export interface PurgeOptions {
  /** Only segments in which every record is older: ISO 8601, milliseconds since the epoch, or a date. Default: all there are. */
  readonly before?: Date | number | string;
}

/** Bytes of `seen` in one entry of the directory; what is more goes into a second one, in the same commit. */
const SEEN_BYTES = 400_000;
/** Segments that are over: says so, refuses them, and deletes what there is of them. */
export class SegmentEnds {
  readonly ends: Ends;
  readonly #replica: ForgettingReplica;
  readonly #sync: SyncEngine;
  readonly #forgetting: Forgetting;
  readonly #seen = new SeenEnvelopes();
  readonly #told = new WeakMap<object, Set<string>>();
  readonly #turn = new SerialQueue();
  readonly #timers: Timers;
  #due = false;
  #closed = false;

  /** @param ends filled here; the segments refuse by it */
  constructor(replica: ForgettingReplica, sync: SyncEngine, forgetting: Forgetting, ends: Ends) {
    this.ends = ends;
    this.#timers = new Timers(replica.runtime);
    this.#replica = replica;
    this.#sync = sync;
    this.#forgetting = forgetting;
  }

  /** Reads the ends that this replica knows of, before anything else is read. */
  async open(): Promise<void> {
    const entries = await this.#replica.store.query({
      namespaces: [DIRECTORY_NAMESPACE],
      collection: endDefinition.name,
      limit: 1_000_000,
    });
    for (const entry of entries) this.#take(entry);
  }

  /** An entry of the directory changed. */
  learn(record: StoredRecord): void {
    if (record.collection === endDefinition.name && this.#take(record)) this.settle();
  }

  has({ namespace, segment }: Pick<SegmentPlace, 'namespace' | 'segment'>): boolean {
    return this.ends.has(namespace, segment);
  }

  /** The id under which a derived record belongs where its own segment is over. */
  raised(namespace: Namespace, id: RecordId): RecordId {
    const at = id.indexOf('.');
    const segment = id.slice(0, at) as SegmentName;
    if (!this.ends.has(namespace, segment)) return id;
    return recordId(successorOf(this.ends, namespace, segment), id.slice(at + 1));
  }

  /**
   * Ends everything that the namespace holds now, on every replica and relay.
   * @throws MnemeshError `bad_input`, `store_failed`
   */
  async purge(session: Session, name: string, { before }: PurgeOptions): Promise<Purge> {
    const namespace = parseNamespace(name);
    refuseInternal(namespace);
    const floor = await this.#floorFor(namespace, before);
    const over = this.#stored().filter(
      (place) =>
        place.namespace === namespace &&
        (seriesOf(place.segment) ?? floor) < floor &&
        !this.has(place),
    );
    if (floor > this.ends.floor(namespace)) {
      await this.#replica.writes.settled();
      await this.#state(session, { namespace, floor, seen: await this.#seenOf(over) });
      await this.settled();
    }
    return { namespace, floor: this.ends.floor(namespace), segments: over.length };
  }

  /** Ends these segments alone. @throws MnemeshError `store_failed` */
  async endSegments(session: Session, places: readonly SegmentPlace[]): Promise<void> {
    await this.#replica.writes.settled();
    await Promise.all(
      places.map(async (place) => {
        const { namespace, segment } = place;
        const seen = await this.#seenOf([place]);
        await this.#state(session, { namespace, floor: 0, segment, seen });
      }),
    );
    await this.settled();
  }

  /** Undefined for a namespace that was never purged. */
  async status(name: string): Promise<PurgeStatus | undefined> {
    const namespace = parseNamespace(name);
    const floor = this.ends.floor(namespace);
    if (floor === 0) return undefined;
    const status = await this.#forgetting.endStatus({ namespace, floor, segment: undefined });
    return { namespace, floor, ...status };
  }

  /** Deletes what is over and still here, and tells the relays; again until it is done. */
  settle(): void {
    this.#due = true;
    if (this.#closed || !this.#turn.idle) return;
    this.settled().catch((error) => {
      this.#replica.runtime.log('warn', 'deleting ended segments failed, and will be repeated', {
        error: String(error),
      });
      this.#timers.after(forgettingLimits.retryMs, () => this.settle());
    });
  }

  /** @throws MnemeshError `store_failed` */
  settled(): Promise<void> {
    this.#due = true;
    return this.#turn.run(async () => {
      while (this.#due && !this.#closed) {
        this.#due = false;
        await this.#settle();
      }
    });
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timers.end();
    await this.#turn.drained();
  }

  #take({ view }: StoredRecord): boolean {
    const { fields } = JSON.parse(view) as { readonly fields: EndFields };
    this.#seen.add(fields);
    const { namespace, floor, segment } = fields;
    return this.ends.add({ namespace, floor, segment });
  }

  async #floorFor(namespace: Namespace, before: PurgeOptions['before']): Promise<number> {
    const { segments, store } = this.#replica;
    const above = segments.newestOf(namespace) + 1;
    if (before === undefined) return above;
    const time = new Date(before).getTime();
    if (!Number.isFinite(time))
      throw new MnemeshError('bad_input', '"before" is no date: give one such as 2026-01-31.');
    const records = await store.query({
      namespaces: [namespace],
      archived: 'any',
      limit: 1_000_000,
    });
    return records
      .filter(({ created }) => created / 2048 >= time)
      .reduce((floor, { id }) => {
        const series = seriesOf(id.slice(0, id.indexOf('.')) as SegmentName);
        return Math.min(floor, series ?? floor);
      }, above);
  }

  async #seenOf(places: readonly SegmentPlace[]): Promise<SeenBySegment> {
    // Maps: names of segments in what others wrote may be anything.
    const seen = new Map<string, Map<string, Clock>>();
    const note = (segment: string, key: string, clock: Clock): void => {
      const clocks = seen.get(segment) ?? new Map<string, Clock>();
      seen.set(segment, clocks.set(key, Math.max(clocks.get(key) ?? 0, clock)));
    };
    for (const { segment, guid } of places) {
      const envelopes = await this.#replica.store.envelopesOf(guid);
      for (const { id, field, session, clock, envelope } of envelopes) {
        note(segment, session, clock);
        if (field !== BASE_FIELD) continue;
        // Somebody else may still hold it where it was first written, beside others of that commit.
        for (const origin of originsOf(decodeEnvelope(envelope).data))
          note(origin.segment, movedRecord(origin.session, id), origin.clock);
      }
    }
    return Object.fromEntries(
      [...seen].map(([segment, clocks]) => [segment, Object.fromEntries(clocks)]),
    );
  }

  /** Writes the entries of one end, all in one turn, so that nobody sees a part of them. */
  async #state(session: Session, { seen, ...end }: EndFields): Promise<void> {
    const { writes, segments } = this.#replica;
    const place = segments.place(DIRECTORY_NAMESPACE, '0' as SegmentName);
    const entries = chunks(seen).map((part) => {
      const values = { ...end, seen: part };
      const data = canonicalJson({ collection: endDefinition.name, values });
      return writes.write(place, {
        session,
        namespace: DIRECTORY_NAMESPACE,
        id: recordId(place.segment, this.#replica.freshLocalId()),
        fields: [{ field: BASE_FIELD, context: new Map(), data: encodeUtf8(data) }],
        expects: 'new',
      });
    });
    await Promise.all([...entries, this.#forgetting.announce(session)]);
    // Taken here too, because the news of the write come a moment after it.
    this.#seen.add({ ...end, seen });
    this.ends.add({ segment: undefined, ...end });
  }

  async #settle(): Promise<void> {
    await this.#sync.endsLearned();
    const { signer } = this.#forgetting;
    // Before there is a session nothing can be written again, so nothing is deleted.
    if (signer === undefined) return;
    // Texts after records: a text goes where its record went.
    const over = this.#stored()
      .filter((place) => this.has(place))
      .sort((a, b) => Number(isProse(a)) - Number(isProse(b)));
    for (const place of over) {
      if (this.#closed) return;
      await this.#move(place, signer);
      await this.#replica.remove(place);
    }
    // Also where nothing was left to delete: an earlier opening may have been cut off before it had erased it.
    const unreceipted = await this.#forgetting.withoutReceipt(this.ends.all());
    if (over.length > 0 || unreceipted.length > 0)
      await this.#replica.store.erase(over.map(({ guid }) => guid));
    for (const end of unreceipted) await this.#forgetting.endedHere(end);
    this.linked();
  }

  /** Writes again, above the floor, what whoever ended this segment never saw. */
  async #move(place: SegmentPlace, signer: Session): Promise<void> {
    const { segments } = this.#replica;
    const { namespace, segment } = place;
    if (isProse(place)) return this.#moveText(place);
    const isUnacked = segments.heads.isUnacked(place.guid);
    const own = await this.#forgetting.ownAgents();
    const live = await segments.use(place, (opened) => opened.end());
    const records = unseenRecords(live, (base) => {
      // Also where it was before: a store put back from a backup moves again what was moved and then purged.
      const places = [{ ...base, segment }, ...originsOf(base.data)];
      if (places.some((was) => this.#seen.has(namespace, was, base.id))) return false;
      return isUnacked || own.has(base.agent);
    });
    if (records.size === 0) return;
    const home = segments.place(namespace, successorOf(this.ends, namespace, segment));
    await this.#replica.listed(home);
    const sessions: Session[] = [signer];
    for (const record of moveRecords(records, home.segment))
      await this.#writeMoved(home, record, sessions);
  }

  /** The text of a prose document that was purged, where its record has moved above the floor. Twice is as once. */
  async #moveText(place: SegmentPlace): Promise<void> {
    const { segments, store } = this.#replica;
    const { namespace, segment } = place;
    if ((seriesOf(segment) ?? Infinity) >= this.ends.floor(namespace)) return;
    const id = this.raised(namespace, proseRecord(segment) as RecordId);
    if ((await store.record(namespace, id)) === undefined) return;
    const { update } = await segments.missing(place, emptyState);
    if (update === undefined) return;
    const home = segments.place(namespace, proseSegment(id) as SegmentName);
    await this.#replica.listed(home);
    const { saved } = await segments.use(home, (opened) => opened.receive([update], 'local'));
    await saved;
  }

  /** Where somebody else has moved it already, only what was written here and is not there. */
  async #writeMoved(
    home: SegmentPlace,
    { id, fields }: MovedRecord,
    sessions: Session[],
  ): Promise<void> {
    const { writes } = this.#replica;
    const [signer] = sessions as [Session];
    const { namespace } = home;
    let isThere = false;
    for (const [n, layer] of fields.entries()) {
      const session = sessions[n] ?? this.#replica.sessions.begin(signer.agent);
      sessions[n] = session;
      const write = { session, namespace, id };
      if (!isThere) {
        const expects = n === 0 ? 'new' : 'existing';
        const { outcome } = await writes.write(home, { ...write, fields: layer, expects });
        isThere = outcome === 'exists';
      }
      if (!isThere) continue;
      const decide = (standing: readonly VerifiedEnvelope[]): readonly FieldWrite[] =>
        layer.filter((field) => !holds(standing, field));
      await writes.write(home, { ...write, fields: [], expects: 'existing', decide });
    }
  }

  /** Tells each linked relay every end, once a link; a receipt is kept when it answers. */
  linked(): void {
    const ends = this.ends.all();
    if (ends.length === 0 || this.#closed) return;
    for (const link of this.#sync.relayLinks()) {
      const told = this.#told.get(link) ?? new Set<string>();
      this.#told.set(link, told);
      for (const end of ends) {
        const key = `${end.namespace} ${end.floor} ${end.segment ?? ''}`;
        if (told.has(key)) continue;
        told.add(key);
        link.end(end).then(
          () => this.#forgetting.endedAt(link.address, end),
          () => undefined, // the link ended; the next one is told
        );
      }
    }
  }

  #stored(): readonly SegmentPlace[] {
    return this.#replica.segments.storedPlaces();
  }
}

function isProse({ segment }: SegmentPlace): boolean {
  return proseRecord(segment) !== undefined;
}

function holds(standing: readonly VerifiedEnvelope[], { field, data }: FieldWrite): boolean {
  return (
    field === BASE_FIELD ||
    standing.some((one) => one.field === field && equalBytes(one.data, data))
  );
}

/** Records whose base passes, with all that stands of them; forgotten ones never do. */
function unseenRecords(
  live: readonly VerifiedEnvelope[],
  passes: (base: VerifiedEnvelope) => boolean,
): ReadonlyMap<RecordId, readonly VerifiedEnvelope[]> {
  const records = new Map<RecordId, VerifiedEnvelope[]>();
  for (const envelope of live) {
    const known = records.get(envelope.id);
    if (known === undefined) records.set(envelope.id, [envelope]);
    else known.push(envelope);
  }
  return new Map(
    [...records].filter(
      ([, envelopes]) =>
        !envelopes.some(({ field }) => field === TOMBSTONE_FIELD) &&
        envelopes.some((envelope) => envelope.field === BASE_FIELD && passes(envelope)),
    ),
  );
}

function chunks(seen: SeenBySegment): readonly SeenBySegment[] {
  const parts: Record<string, Readonly<Record<string, Clock>>>[] = [{}];
  let bytes = 0;
  for (const [segment, sessions] of Object.entries(seen)) {
    const size = JSON.stringify(sessions).length;
    if (bytes > 0 && bytes + size > SEEN_BYTES) {
      parts.push({});
      bytes = 0;
    }
    (parts.at(-1) as Record<string, unknown>)[segment] = sessions;
    bytes += size;
  }
  return parts;
}

/** @throws MnemeshError `bad_input` */
function refuseInternal(namespace: Namespace): void {
  if (namespace === DIRECTORY_NAMESPACE || namespace.startsWith(`${DIRECTORY_NAMESPACE}/`))
    throw new MnemeshError('bad_input', 'The directory of a mesh is kept for ever.');
  if (isLocalNamespace(namespace))
    throw new MnemeshError(
      'bad_input',
      `${namespace} is on this device alone, and has no floor. Forget its records one by one.`,
    );
}
