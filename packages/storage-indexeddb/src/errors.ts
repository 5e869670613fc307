import { MnemeshError } from '@mnemesh/protocol';

/** What went wrong with the browser's storage, for people. A MnemeshError stays what it is. */
export function storeError(error: unknown): MnemeshError {
  if (error instanceof MnemeshError) return error;
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'QuotaExceededError') return failed(`${NO_ROOM} ${AGAIN}`, error);
  if (name === 'VersionError') {
    return new MnemeshError(
      'store_too_new',
      'This store was written by a newer version of Mnemesh. Load the newest version of this page.',
      { cause: error },
    );
  }
  const detail = error instanceof Error && error.message !== '' ? `: ${error.message}` : '';
  return failed(`The browser could not read or write its store${detail}. ${AGAIN}`, error);
}

/** Was a write refused because there was no room? */
export function isFull(error: unknown): boolean {
  const cause = error instanceof MnemeshError ? error.cause : error;
  return cause instanceof DOMException && cause.name === 'QuotaExceededError';
}

const NO_ROOM =
  'The browser has no more room for this site. Free space on this device, or delete what other sites keep.';
const AGAIN = 'Then open the mesh again.';

function failed(message: string, cause: unknown): MnemeshError {
  return new MnemeshError('store_failed', message, { cause });
}

export function lostError(): MnemeshError {
  return new MnemeshError(
    'store_failed',
    'The browser closed the store of this mesh, as it does when somebody clears the data of this site. Open the mesh again.',
  );
}

/** Another page has the store now, and this one wrote nothing. */
export function takenError(): MnemeshError {
  return new MnemeshError(
    'store_in_use',
    'Another tab of this site has taken over the store of this mesh. Open the mesh again.',
    { retryable: true },
  );
}

export function blockedError(): MnemeshError {
  return new MnemeshError(
    'store_failed',
    'Another page keeps the browser from opening the store of this mesh. Close the other tabs of this site, then try again.',
    { retryable: true },
  );
}

export function closedError(): MnemeshError {
  return new MnemeshError('closed', 'This store is closed. Open the mesh again.');
}

export function badInput(message: string): MnemeshError {
  return new MnemeshError('bad_input', message);
}
