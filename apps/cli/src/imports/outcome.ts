import { hasCode, MnemeshError } from '@mnemesh/protocol';

/** Records written together: enough to fill several commits of the store, few enough to hold in memory. */
export const CHUNK_RECORDS = 500;

/** Runs `write`: a record that was forgotten in this mesh stays so. */
export async function written(write: PromiseLike<unknown>): Promise<'created' | 'forgotten'> {
  try {
    await write;
    return 'created';
  } catch (error) {
    if (hasCode(error, 'not_found')) return 'forgotten';
    throw error;
  }
}

/** What is wrong with one record is told of that record, and the rest goes on; a store that fails ends the import. */
export function faultOf(error: unknown): string {
  if (error instanceof MnemeshError && RECORD_ERRORS.has(error.code)) return error.message;
  throw error;
}

const RECORD_ERRORS: ReadonlySet<string> = new Set(['bad_input', 'too_large', 'write_once']);
