import { BASE_FIELD, type RecordId, TOMBSTONE_FIELD, type Version } from '@mnemesh/protocol';
import { standing, type VerifiedEnvelope, vouchesBefore } from '@mnemesh/segment';

/** What verified envelopes changed in a segment's records. */
export interface RecordDelta {
  readonly ids: ReadonlySet<RecordId>;
  /** Envelopes that stand now and did not before. */
  readonly added: readonly VerifiedEnvelope[];
  /** Envelopes that stood before, replaced or forgotten now. */
  readonly dropped: readonly VerifiedEnvelope[];
}

/** The envelopes that stand in one segment, by record: what the record store holds of it. */
export class SegmentRecords {
  readonly #standing = new Map<RecordId, readonly VerifiedEnvelope[]>();
  readonly #live = new Map<Version, VerifiedEnvelope>();

  get size(): number {
    return this.#standing.size;
  }

  of(id: RecordId): readonly VerifiedEnvelope[] {
    return this.#standing.get(id) ?? [];
  }

  live(): Iterable<VerifiedEnvelope> {
    return this.#live.values();
  }

  /** A live envelope, by the commit that it counts by. */
  get(version: Version): VerifiedEnvelope | undefined {
    return this.#live.get(version);
  }

  isLive(version: Version): boolean {
    return this.#live.has(version);
  }

  /** Tombstoned: nothing else is ever true of this record again. */
  isOver(id: RecordId): boolean {
    return this.of(id).some(({ field }) => field === TOMBSTONE_FIELD);
  }

  exists(id: RecordId): boolean {
    return this.of(id).some(({ field }) => field === BASE_FIELD);
  }

  merge(envelopes: Iterable<VerifiedEnvelope>): RecordDelta {
    const fresh = new Map<RecordId, VerifiedEnvelope[]>();
    for (const envelope of envelopes) {
      const known = this.#live.get(envelope.version);
      if (known !== undefined && !vouchesBefore(envelope.signed, known.signed)) continue;
      const list = fresh.get(envelope.id);
      if (list === undefined) fresh.set(envelope.id, [envelope]);
      else list.push(envelope);
    }
    const ids = new Set<RecordId>();
    const added: VerifiedEnvelope[] = [];
    const dropped: VerifiedEnvelope[] = [];
    for (const [id, list] of fresh) {
      const before = this.of(id);
      const after = standing([...before, ...list]);
      const left = before.filter((envelope) => !after.includes(envelope));
      const entered = after.filter((envelope) => !before.includes(envelope));
      if (left.length === 0 && entered.length === 0) continue;
      ids.add(id);
      for (const envelope of left) this.#live.delete(envelope.version);
      for (const envelope of entered) this.#live.set(envelope.version, envelope);
      added.push(...entered);
      dropped.push(...left);
      this.#standing.set(id, after);
    }
    return { ids, added, dropped };
  }
}
