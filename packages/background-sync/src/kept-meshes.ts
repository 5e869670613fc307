/** What a service worker needs to open a mesh of this site. Its key lies in the browser already. */
export interface DrainableMesh {
  readonly mesh: string;
  readonly agent: string;
  readonly relay: string;
}

interface KeptMesh extends DrainableMesh {
  /** The person set it offline: nothing is sent behind their back. */
  readonly offline: boolean;
}

const DATABASE = 'mnemesh-background';
const STORE = 'meshes';

/** Keeps it until it is forgotten, or kept with other settings. */
export async function keepMesh(mesh: DrainableMesh, offline: boolean): Promise<void> {
  const { mesh: name, agent, relay } = mesh;
  const kept: KeptMesh = { mesh: name, agent, relay, offline };
  await change((store) => store.put(kept, name));
}

/** Nothing is sent for it in the background any more. */
export function forgetMesh(mesh: string): Promise<void> {
  return change((store) => store.delete(mesh));
}

/** Undefined for one that was never kept, or is to stay offline. */
export async function keptMesh(mesh: string): Promise<DrainableMesh | undefined> {
  const database = await open();
  try {
    const request = database.transaction(STORE).objectStore(STORE).get(mesh);
    const kept = await settled<KeptMesh | undefined>(request);
    return kept?.offline === false ? kept : undefined;
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
    transaction.commit();
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
