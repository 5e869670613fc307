import type { RecallRequest } from '@mnemesh/core';
import { type Evidence, timeOf } from './scoring/evidence.js';

/**
 * With `asOf`: only what was valid then, from `validFrom` or else its creation to `validTo`. Without:
 * all but what is no longer valid.
 */
export function isValidAt(
  { fields, record }: Pick<Evidence, 'fields' | 'record'>,
  { asOf, now }: Pick<RecallRequest, 'asOf' | 'now'>,
): boolean {
  const end = timeOf(fields.validTo) ?? Number.POSITIVE_INFINITY;
  if (asOf === undefined) return now < end;
  return beginOf({ fields, record }) <= asOf && asOf < end;
}

/** Milliseconds: from when on a record holds. */
export function beginOf({ fields, record }: Pick<Evidence, 'fields' | 'record'>): number {
  return timeOf(fields.validFrom) ?? timeOf(fields.at) ?? createdMs(record.created);
}

/** A clock is milliseconds × 2048 + counter. */
function createdMs(created: number): number {
  return Math.floor(created / 2048);
}
