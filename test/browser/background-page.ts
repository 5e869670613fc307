import { forgetMesh, syncInBackground } from '@mnemesh/background-sync';
import { answerCalls, faultCalls } from '@mnemesh/testing-browser/page';
import { openMesh } from 'mnemesh';

type Mesh = Awaited<ReturnType<typeof openMesh>>;
type Storage = 'indexeddb' | 'y-indexeddb';
type Registration = Parameters<typeof syncInBackground>[1]['registration'];

interface Request<T> {
  readonly result: T;
  onsuccess: () => void;
}

interface Meshes {
  get(key: string): Request<object>;
  put(row: object, key: string): Request<unknown>;
}

declare const indexedDB: {
  open(name: string): Request<{
    transaction(store: string, mode?: string): { objectStore(name: string): Meshes };
    close(): void;
  }>;
};

/** What the worker will find, and may be given another way. */
function inKept<T>(ask: (meshes: Meshes) => Request<T>): Promise<T> {
  return new Promise((resolve) => {
    const opening = indexedDB.open('mnemesh-background');
    opening.onsuccess = () => {
      const { result } = opening;
      const request = ask(result.transaction('meshes', 'readwrite').objectStore('meshes'));
      request.onsuccess = () => {
        result.close();
        resolve(request.result);
      };
    };
  });
}

interface Browser {
  readonly navigator: {
    readonly serviceWorker: {
      register(url: string): Promise<unknown>;
      readonly ready: Promise<Registration>;
    };
    readonly locks: {
      query(): Promise<{ readonly pending: readonly { readonly name: string }[] }>;
    };
  };
}

const { location: place } = globalThis as unknown as {
  readonly location: { readonly hash: string; href: string };
};

let mesh: Mesh | undefined;
let registration: Registration | undefined;
let background: Awaited<ReturnType<typeof syncInBackground>> | undefined;

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

const page = {
  ...faultCalls,
  /**
   * @param inBackground false: as in a browser that cannot sync in the background
   * @param asks false: as in one that wakes the worker only when it sees fit
   */
  open: async (relay: string, inBackground = true, storage: Storage = 'indexeddb', asks = true) => {
    const settings = { mesh: 'team', agent: 'tab', relay, storage };
    mesh = await openMesh(settings);
    if (!inBackground) return;
    const { serviceWorker } = (globalThis as unknown as Browser).navigator;
    await serviceWorker.register('/worker.js');
    registration = await serviceWorker.ready;
    const asked = asks ? registration : ({} as Registration);
    background = await syncInBackground(mesh, { ...settings, registration: asked });
  },
  remember: async (content: string) => (await opened().memory.create({ content })).id,
  status: () => opened().status,
  /** Others of this site that would lead if this page did not. */
  waitingToLead: async () => {
    const { pending } = await (globalThis as unknown as Browser).navigator.locks.query();
    return pending.filter(({ name }) => name === 'mnemesh/team').length;
  },
  setOffline: (offline: boolean) => opened().setOffline(offline),
  kept: () => inKept((meshes) => meshes.get('team')),
  keep: async (row: object) => void (await inKept((meshes) => meshes.put(row, 'team'))),
  /** Ends what keeps it current, once that has kept all it was told. */
  rested: () => background?.stop(),
  forget: () => forgetMesh('team'),
  /** What the browser was asked to wake the worker for. */
  asked: async () => {
    registration ??= await (globalThis as unknown as Browser).navigator.serviceWorker.ready;
    const { sync } = registration as unknown as { sync?: { getTags(): Promise<string[]> } };
    return sync?.getTags();
  },
};

answerCalls(page);

/** In a browser that nobody drives: `#RELAY,NEXT` writes, has the browser asked, and leaves for another site. */
const [relay, next] = decodeURIComponent(place.hash.slice(1)).split(',');
if (relay !== undefined && next !== undefined) {
  await page.open(relay);
  await page.remember('Written while the relay was dead.');
  place.href = next;
}
