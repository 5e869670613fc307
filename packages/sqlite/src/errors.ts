import { MnemeshError } from '@mnemesh/protocol';

/** Primary result codes of SQLite that callers decide by. */
const BUSY = 5;
const LOCKED = 6;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

/** Is it SQLite that says its file is broken? */
export function isDamage(error: unknown): boolean {
  const code =
    primaryCode(error) ?? (error instanceof Error ? primaryCode(error.cause) : undefined);
  return code === CORRUPT || code === NOT_A_DATABASE;
}

/** Does another connection hold the lock? */
export function isBusy(error: unknown): boolean {
  const code = primaryCode(error);
  return code === BUSY || code === LOCKED;
}

/** An error of SQLite as one that tells a person what to do. A `MnemeshError` passes unchanged. */
export function sqliteError(error: unknown, path: string): MnemeshError {
  if (error instanceof MnemeshError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const code = primaryCode(error);
  if (code === FULL) {
    return new MnemeshError(
      'store_failed',
      `The disk that holds ${path} is full. Free some space and try again.`,
      {
        cause: error,
        retryable: true,
      },
    );
  }
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return new MnemeshError('store_failed', `${path} is damaged (${detail}).`, { cause: error });
  }
  return new MnemeshError('store_failed', `${path} could not be read or written: ${detail}.`, {
    cause: error,
    retryable: isBusy(error),
  });
}

function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  const { errcode } = error as { readonly errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}
