import { BASE_FIELD, heads, TOMBSTONE_FIELD, type Version } from '@mnemesh/protocol';
import { type VerifiedEnvelope, vouchesBefore } from './element-set.js';

/**
 * The envelopes of one record that still stand: its tombstones alone, once there is one; else the
 * values of each field that no other value of the field replaces. Nothing replaces a base: its
 * context tells what its session had been shown of its topic.
 */
export function standing(envelopes: readonly VerifiedEnvelope[]): readonly VerifiedEnvelope[] {
  const tombstones = envelopes.filter((envelope) => envelope.field === TOMBSTONE_FIELD);
  if (tombstones.length > 0) return tombstones;
  const byField = new Map<string, Map<Version, VerifiedEnvelope>>();
  for (const envelope of envelopes) {
    const values = byField.get(envelope.field) ?? new Map<Version, VerifiedEnvelope>();
    byField.set(envelope.field, values);
    const same = values.get(envelope.version);
    if (same !== undefined && !vouchesBefore(envelope.signed, same.signed)) continue;
    values.set(envelope.version, envelope);
  }
  return [...byField].flatMap(([field, values]) =>
    field === BASE_FIELD ? [...values.values()] : heads([...values.values()]),
  );
}
