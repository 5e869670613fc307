import type { Cancel, Runtime } from '@mnemesh/protocol';
import { blockedError } from './errors.js';
import { FORMAT, migrate } from './schema.js';

/** How long an open or a deletion may wait for other pages to let the database go, in milliseconds. */
export const UNBLOCK_MS = 5_000;

/** What a database is to be. */
export interface DatabaseFormat {
  /** Absent: whatever it is, or the first. */
  readonly version?: number;
  /** Runs in the transaction that `upgradeneeded` brings. @param from 0 for a database that is new */
  readonly migrate: (database: IDBDatabase, from: number) => void;
}

/**
 * Opens a database, made or migrated to its format.
 * @throws MnemeshError `store_failed` when another page keeps it from opening; what comes later is closed
 */
export function openDatabase(
  factory: IDBFactory,
  name: string,
  runtime: Pick<Runtime, 'after'>,
  { version, migrate: change }: DatabaseFormat = { version: FORMAT, migrate },
): Promise<IDBDatabase> {
  const request = version === undefined ? factory.open(name) : factory.open(name, version);
  let late = false;
  request.onupgradeneeded = ({ oldVersion }) => {
    if (late) request.transaction?.abort();
    else change(request.result, oldVersion);
  };
  return withinReason(request, runtime, () => {
    late = true;
    // It may open yet, or fail, when nobody waits any more.
    request.onsuccess = () => request.result.close();
    request.onerror = (event) => event.preventDefault();
  });
}

/** Deletes a database. @throws as `openDatabase`; it may be deleted later all the same */
export async function deleteDatabase(
  factory: IDBFactory,
  name: string,
  runtime: Pick<Runtime, 'after'>,
): Promise<void> {
  await withinReason(factory.deleteDatabase(name), runtime, () => undefined);
}

function withinReason<T>(
  request: IDBOpenDBRequest & IDBRequest<T>,
  runtime: Pick<Runtime, 'after'>,
  giveUp: () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel: Cancel = runtime.after(UNBLOCK_MS, () => {
      giveUp();
      reject(blockedError());
    });
    request.onsuccess = () => {
      cancel();
      resolve(request.result);
    };
    request.onerror = (event) => {
      cancel();
      event.preventDefault();
      reject(request.error);
    };
  });
}
