import { syncInBackground } from '@mnemesh/background-sync';
import { answerCalls } from '@mnemesh/testing-browser/page';
import { openMesh } from 'mnemesh';

type Mesh = Awaited<ReturnType<typeof openMesh>>;
type Registration = Parameters<typeof syncInBackground>[1]['registration'];

interface Request<T> {
  readonly result: T;
  onsuccess: () => void;
}

declare const indexedDB: {
  open(name: string): Request<{
    transaction(store: string): {
      objectStore(name: string): { get(key: string): Request<object> };
    };
    close(): void;
  }>;
};

interface Browser {
  readonly navigator: {
    readonly serviceWorker: {
      register(url: string): Promise<unknown>;
      readonly ready: Promise<Registration>;
    };
  };
}

const { location: place } = globalThis as unknown as {
  readonly location: { readonly hash: string; href: string };
};

let mesh: Mesh | undefined;
let registration: Registration | undefined;

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

const page = {
  /** @param background false: as in a browser that cannot sync in the background */
  open: async (relay: string, background = true) => {
    const settings = { mesh: 'team', agent: 'tab', relay };
    mesh = await openMesh(settings);
    if (!background) return;
    const { serviceWorker } = (globalThis as unknown as Browser).navigator;
    await serviceWorker.register('/worker.js');
    registration = await serviceWorker.ready;
    await syncInBackground(mesh, { ...settings, registration });
  },
  remember: async (content: string) => (await opened().memory.create({ content })).id,
  status: () => opened().status,
  setOffline: (offline: boolean) => opened().setOffline(offline),
  /** What the worker will find. */
  kept: () =>
    new Promise((resolve) => {
      const opening = indexedDB.open('mnemesh-background');
      opening.onsuccess = () => {
        const { result } = opening;
        const request = result.transaction('meshes').objectStore('meshes').get('team');
        request.onsuccess = () => {
          result.close();
          resolve(request.result);
        };
      };
    }),
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
