import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Json } from '../collections/collection.js';
import { readData } from './read-data.js';

/** Data of a base envelope. */
export interface BaseData {
  readonly collection: string;
  readonly values: { readonly [field: string]: Json };
}

/** Separates a set's field from its member's key: `tags/urgent`. */
export const MEMBER_SIGN = '/';

export function readBase(envelope: VerifiedEnvelope): BaseData {
  const data = readData(envelope.data) as {
    readonly collection?: unknown;
    readonly values?: unknown;
  } | null;
  const collection = typeof data?.collection === 'string' ? data.collection : '';
  const values = data?.values;
  const isObject = typeof values === 'object' && values !== null && !Array.isArray(values);
  return { collection, values: isObject ? (values as BaseData['values']) : {} };
}
