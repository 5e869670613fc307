import { MnemeshError } from '@mnemesh/protocol';

/** Exclusive use of one store among the pages of a site. The browser takes it back from a page that ends, however it ends. */
export interface StoreLock {
  /** Idempotent. */
  release(): void;
}

/** @throws MnemeshError `store_in_use`; `store_failed` where the browser has no locks */
export async function lockStore(locks: LockManager | undefined, name: string): Promise<StoreLock> {
  if (locks === undefined) {
    throw new MnemeshError(
      'store_failed',
      'A mesh can only be opened in a secure page. Serve this one over HTTPS, or from localhost.',
    );
  }
  return new Promise((resolve, reject) => {
    const held = locks.request(name, { ifAvailable: true }, (lock) => {
      if (lock === null) throw inUse();
      return new Promise<void>((release) => resolve({ release }));
    });
    held.catch(reject);
  });
}

function inUse(): MnemeshError {
  return new MnemeshError(
    'store_in_use',
    'Another tab of this site has this mesh open. Close it there first.',
    { retryable: true },
  );
}
