import { MnemeshError } from '@mnemesh/protocol';

export type KeyKind = 'human' | 'agent';

/** An agent's key pair. The private half can be used in this browser, and read by nobody. */
export interface BrowserKey {
  readonly publicKey: Uint8Array;
  readonly privateKey: CryptoKey;
  readonly kind: KeyKind;
}

const STORE = 'keys';

/**
 * The key of an agent of this site, made on first use. Whoever clears the site's data makes a new agent of
 * the same name: what the old one wrote stays, signed by a key nobody has.
 * @param kind what a key that is made now says of itself, for good
 * @throws MnemeshError `store_failed`
 */
export async function browserKeys(
  name: string,
  {
    prefix = 'mnemesh',
    kind = 'agent',
  }: { readonly prefix?: string; readonly kind?: KeyKind } = {},
): Promise<BrowserKey> {
  try {
    const database = await openKeys(`${prefix}-keys`);
    try {
      return (await read(database, name)) ?? (await create(database, name, kind));
    } finally {
      database.close();
    }
  } catch (cause) {
    const detail = cause instanceof Error ? ` (${cause.message})` : '';
    throw new MnemeshError(
      'store_failed',
      `This browser could not make or read the key of ${name}${detail}. It needs Ed25519, and storage for this site.`,
      { cause },
    );
  }
}

async function create(database: IDBDatabase, name: string, kind: KeyKind): Promise<BrowserKey> {
  const pair = (await crypto.subtle.generateKey('Ed25519', false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  const key: BrowserKey = { publicKey, privateKey: pair.privateKey, kind };
  const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
  const written = new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
  const adding = transaction.objectStore(STORE).add(key, name);
  // Two tabs may begin at once: the first one's stands. No `commit()` here: with it, Chromium aborts all the same.
  adding.onerror = (event) => {
    if (adding.error?.name !== 'ConstraintError') return;
    event.preventDefault();
    event.stopPropagation();
  };
  await written;
  const standing = await read(database, name);
  if (standing === undefined) throw new Error('the key was deleted while it was made');
  return standing;
}

function read(database: IDBDatabase, name: string): Promise<BrowserKey | undefined> {
  return settled(database.transaction(STORE).objectStore(STORE).get(name));
}

function openKeys(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
