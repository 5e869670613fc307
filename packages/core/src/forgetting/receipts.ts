import type { Namespace, SegmentName } from '@mnemesh/protocol';
import type { StoredView } from '../records/projection.js';
import type { Session } from '../session.js';
import type { ForgettingReplica, OpenEntries } from './forgetting-replica.js';
import { type Holder, RECEIPTS_NAMESPACE, receiptDefinition, receiptId } from './holder-records.js';

/** What a holder said of one segment. */
export interface Receipt extends Holder {
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  /** See `tombstoneMark`. */
  readonly tombstones: ReadonlySet<string>;
  /** ISO 8601: when it was last added to. */
  readonly at: string;
}

interface ReceiptFields extends Holder {
  readonly namespace: Namespace;
  readonly segment: SegmentName;
  readonly tombstones: readonly string[];
}

/** Receipts that one list may have: a holder has one for each segment in which something was forgotten. */
const LISTED = 10_000;

/** The receipts of all holders, as far as they have reached this replica. */
export class Receipts {
  readonly #replica: ForgettingReplica;
  readonly #entries: OpenEntries;

  constructor(replica: ForgettingReplica, entries: OpenEntries) {
    this.#replica = replica;
    this.#entries = entries;
  }

  /** Notes that a holder obeyed these tombstones; durable when it resolves. Writing one again changes nothing. */
  async add(
    session: Session,
    holder: Holder,
    place: { readonly namespace: Namespace; readonly segment: SegmentName },
    tombstones: Iterable<string>,
  ): Promise<void> {
    const { namespace, segment } = place;
    const known = await this.get(holder, namespace, segment);
    const fresh = [...tombstones].filter((mark) => known?.tombstones.has(mark) !== true);
    if (fresh.length === 0) return;
    const collection = this.#entries(session, receiptDefinition);
    const id = receiptId(holder, namespace, segment);
    if (known === undefined)
      await collection.import({ id, input: { ...holder, namespace, segment, tombstones: fresh } });
    // Also where another session has just made it, with other tombstones.
    await collection.update(id, { tombstones: { add: fresh } });
  }

  async get(
    holder: Holder,
    namespace: Namespace,
    segment: SegmentName,
  ): Promise<Receipt | undefined> {
    const id = receiptId(holder, namespace, segment);
    const record = await this.#replica.store.record(RECEIPTS_NAMESPACE, id);
    return record === undefined ? undefined : read(record.view);
  }

  /** Every receipt of one holder. */
  async of({ holder }: Holder): Promise<readonly Receipt[]> {
    return this.#list(holder);
  }

  /** What every holder that ever gave one said of this segment. */
  async forSegment(namespace: Namespace, segment: SegmentName): Promise<readonly Receipt[]> {
    const all = await this.#list(undefined);
    return all.filter((receipt) => receipt.namespace === namespace && receipt.segment === segment);
  }

  async #list(state: string | undefined): Promise<readonly Receipt[]> {
    const records = await this.#replica.store.query({
      namespaces: [RECEIPTS_NAMESPACE],
      collection: receiptDefinition.name,
      ...(state === undefined ? {} : { state }),
      limit: LISTED,
    });
    return records.map(({ view }) => read(view));
  }
}

function read(view: string): Receipt {
  const { fields, updatedAt } = JSON.parse(view) as StoredView & { readonly fields: ReceiptFields };
  return { ...fields, tombstones: new Set(fields.tombstones), at: updatedAt };
}
