import { MnemeshError } from '@mnemesh/protocol';

/** Exclusive use of one store among the pages of a site. The browser takes it back from a page that ends, however it ends. */
export interface StoreLock {
  /** Idempotent. */
  release(): void;
}

/** @throws MnemeshError `store_failed` where the browser has no locks */
export function requireLocks(locks: LockManager | undefined): LockManager {
  if (locks !== undefined) return locks;
  throw new MnemeshError(
    'store_failed',
    'A mesh can only be opened in a secure page. Serve this one over HTTPS, or from localhost.',
  );
}

/** @throws MnemeshError `store_in_use` */
export async function lockStore(locks: LockManager, name: string): Promise<StoreLock> {
  return new Promise((resolve, reject) => {
    const held = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) throw inUse();
      return new Promise<void>((release) => resolve({ release }));
    });
    held.catch(reject);
  });
}

export interface OpenMark extends StoreLock {
  /** Resolves once it is released. */
  readonly released: Promise<void>;
}

/** Tells other pages that this one has a database open, however long it may be stopped. */
export function markOpen(locks: LockManager, name: string): Promise<OpenMark> {
  return new Promise((resolve, reject) => {
    const held: Promise<unknown> = locks.request(name, { mode: 'shared' }, () => {
      return new Promise<void>((release) =>
        resolve({ release, released: held.then(() => undefined) }),
      );
    });
    held.catch(reject);
  });
}

/** Has any page marked this database as open? */
export async function isMarkedOpen(locks: LockManager, name: string): Promise<boolean> {
  const { held = [] } = await locks.query();
  return held.some((lock) => lock.name === name);
}

function inUse(): MnemeshError {
  return new MnemeshError(
    'store_in_use',
    'Another tab of this site has this mesh open. Close it there first.',
    { retryable: true },
  );
}
