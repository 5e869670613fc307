/** What a service worker needs to open a mesh of this site. Its key lies in the browser already. */
export interface DrainableMesh {
  readonly mesh: string;
  readonly agent: string;
  readonly relay: string;
  /** As the page names it: opened with another, the mesh would be moved. Default `indexeddb`. */
  readonly storage?: 'indexeddb' | 'y-indexeddb';
}

interface KeptMesh extends DrainableMesh {
  /** The person set it offline: nothing is sent behind their back. */
  readonly offline: boolean;
}

const DATABASE = 'mnemesh-background';
const STORE = 'meshes';

/** Keeps it until it is forgotten, or kept with other settings. */
export async function keepMesh(mesh: DrainableMesh, offline: boolean): Promise<void> {
  const { mesh: name, agent, relay, storage = 'indexeddb' } = mesh;
  const kept: KeptMesh = { mesh: name, agent, relay, storage, offline };
  await change((store) => store.put(kept, name));
}

/** Changes nothing of a mesh that was forgotten, or kept by another page with other settings, but whether it is offline. */
export function keepOffline(mesh: string, offline: boolean): Promise<void> {
  return change((store) => {
    const request: IDBRequest<KeptMesh | undefined> = store.get(mesh);
    request.onsuccess = () => {
      if (request.result !== undefined) store.put({ ...request.result, offline }, mesh);
    };
  });
}

/** Nothing is sent for it in the background any more. */
export function forgetMesh(mesh: string): Promise<void> {
  return change((store) => store.delete(mesh));
}

/**
 * Undefined for one that was never kept, or is to stay offline; and for one of which an earlier version did not keep
 * how it is stored, until a page opens it: the wrong way would delete databases that other programs use.
 */
export async function keptMesh(mesh: string): Promise<DrainableMesh | undefined> {
  const database = await open();
  try {
    const request = database.transaction(STORE).objectStore(STORE).get(mesh);
    const kept = await settled<KeptMesh | undefined>(request);
    return kept?.offline === false && kept.storage !== undefined ? kept : undefined;
  } finally {
    database.close();
  }
}

async function change(apply: (store: IDBObjectStore) => void): Promise<void> {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, 'readwrite');
    const done = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    apply(transaction.objectStore(STORE));
    await done;
  } finally {
    database.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return settled(request);
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
