declare const self: ServiceWorkerGlobalScope;

/** Written by the build: a name that changes with the files, and the files. */
declare const SHELL: { readonly name: string; readonly files: readonly string[] };

const PREFIX = 'mnemesh-shell-';
const cacheName = PREFIX + SHELL.name;
const PAGE = '/';

/** Keeps the page and its scripts, so that the console opens without a network. What the mesh holds is in IndexedDB. */
export function keepShell(): void {
  self.addEventListener('install', (event) => event.waitUntil(keepFiles()));
  self.addEventListener('activate', (event) => event.waitUntil(dropOlder()));
  self.addEventListener('fetch', answer);
}

function answer(event: FetchEvent): void {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  // The server's own page where it can be reached, so that a new version is seen at the next start.
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => kept(PAGE)));
  else if (SHELL.files.includes(pathname)) event.respondWith(kept(pathname));
}

async function keepFiles(): Promise<void> {
  const cache = await caches.open(cacheName);
  await cache.addAll([PAGE, ...SHELL.files]);
  await self.skipWaiting();
}

/** Scripts of the version before stay for a page that is still open: it may load a view yet. */
async function dropOlder(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const older = names.filter((name) => name !== cacheName).slice(0, -1);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(path: string): Promise<Response> {
  const own = await (await caches.open(cacheName)).match(path);
  return own ?? (await caches.match(path)) ?? fetch(path);
}
