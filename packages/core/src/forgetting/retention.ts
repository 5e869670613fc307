import {
  type Clock,
  type Guid,
  MnemeshError,
  type Namespace,
  parseNamespace,
  seriesOf,
} from '@mnemesh/protocol';
import { DIRECTORY_NAMESPACE, namespaceDefinition, namespaceId } from '../documents/directory.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { StoredRecord } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import type { Session } from '../session.js';
import { Timers } from '../timers.js';
import type { Forgetting } from './forgetting.js';
import { forgettingLimits } from './forgetting-limits.js';
import type { ForgettingReplica } from './forgetting-replica.js';
import type { SegmentEnds } from './segment-ends.js';

const DAY_MS = 86_400_000;
/** A hundred years. */
const MOST_DAYS = 36_500;
/** Entries of the directory that are read. */
const NAMESPACES = 10_000;
/** Tasks in these states are done with. */
const TERMINAL_TASKS: ReadonlySet<string> = new Set([
  'completed',
  'failed',
  'canceled',
  'rejected',
]);

/** After how many days a namespace ends what is done with. */
export interface NamespaceRetention {
  readonly namespace: Namespace;
  readonly days: number;
}

/** Ends segments of which nobody needs anything any more, where the directory gives a namespace a retention. */
export class Retention {
  readonly #replica: ForgettingReplica;
  readonly #ends: SegmentEnds;
  readonly #forgetting: Forgetting;
  readonly #timers: Timers;

  constructor(replica: ForgettingReplica, ends: SegmentEnds, forgetting: Forgetting) {
    this.#replica = replica;
    this.#ends = ends;
    this.#forgetting = forgetting;
    this.#timers = new Timers(replica.runtime);
  }

  start(): void {
    this.#plan(forgettingLimits.firstRetentionMs);
  }

  /** Idempotent. */
  close(): void {
    this.#timers.end();
  }

  /** @param days undefined: keep everything. @throws MnemeshError `bad_input` */
  async set(session: Session, name: string, days: number | undefined): Promise<void> {
    const namespace = parseNamespace(name);
    if (days !== undefined && !(days > 0 && days <= MOST_DAYS))
      throw new MnemeshError(
        'bad_input',
        `Give 1 to ${MOST_DAYS} days, or none to keep everything.`,
      );
    await this.#replica.announce(session, this.#replica.segments.current(namespace));
    const entries = this.#forgetting.entries(session, namespaceDefinition);
    const id = namespaceId(namespace);
    await entries.get(id);
    await entries.update(id, { retentionDays: days ?? null });
    await this.check();
  }

  /** Where something was chosen, in the order of the names. */
  async list(): Promise<readonly NamespaceRetention[]> {
    const entries = await this.#replica.store.query({
      namespaces: [DIRECTORY_NAMESPACE],
      collection: namespaceDefinition.name,
      limit: NAMESPACES,
    });
    return entries
      .flatMap(({ view }) => {
        const { namespace, retentionDays } = (JSON.parse(view) as StoredView)
          .fields as unknown as Partial<NamespaceRetention> & { readonly retentionDays?: number };
        return namespace === undefined || retentionDays === undefined
          ? []
          : [{ namespace, days: retentionDays }];
      })
      .sort((a, b) => (a.namespace < b.namespace ? -1 : 1));
  }

  /** Ends what has expired by now. */
  async check(): Promise<void> {
    const { signer } = this.#forgetting;
    if (signer === undefined) return;
    for (const { namespace, days } of await this.list()) {
      const expired = await this.#expired(namespace, days * DAY_MS);
      if (expired.length > 0) await this.#ends.endSegments(signer, expired);
    }
  }

  #plan(delayMs: number): void {
    this.#timers.after(delayMs, () => {
      this.check().catch((error) =>
        this.#replica.runtime.log('warn', 'looking for expired segments failed', {
          error: String(error),
        }),
      );
      this.#plan(forgettingLimits.retentionEveryMs);
    });
  }

  /** Segments that take no fresh records any more, and in which every record is terminal and old. */
  async #expired(namespace: Namespace, ageMs: number): Promise<readonly SegmentPlace[]> {
    const { segments, store, runtime } = this.#replica;
    const current = segments.current(namespace).guid;
    const candidates = segments
      .places()
      .filter((place) => place.namespace === namespace && place.guid !== current)
      .filter(({ segment }) => seriesOf(segment) !== undefined);
    if (candidates.length === 0) return [];
    const now = runtime.now();
    const kept = new Set<Guid>();
    const held = new Set<Guid>();
    const records = await store.query({
      namespaces: [namespace],
      archived: 'any',
      limit: 1_000_000,
    });
    for (const record of records) {
      held.add(record.guid);
      if (!isTerminal(record, now) || millisOf(record.updated) > now - ageMs) kept.add(record.guid);
    }
    return candidates.filter(({ guid }) => held.has(guid) && !kept.has(guid));
  }
}

/** Nobody waits for it to change. Items count while they are valid, prose documents until they are archived; what is neither task nor item was said once. */
function isTerminal({ archived, collection, state, view }: StoredRecord, now: number): boolean {
  if (archived) return true;
  if (collection.startsWith('prose')) return false;
  if (collection === 'task') return state !== undefined && TERMINAL_TASKS.has(state);
  if (collection !== 'memory') return true;
  const { validTo } = (JSON.parse(view) as StoredView).fields;
  return typeof validTo === 'string' && Date.parse(validTo) <= now;
}

function millisOf(clock: Clock): number {
  return clock / 2048;
}
