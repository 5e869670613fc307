declare const self: ServiceWorkerGlobalScope;

/** Written by the build: a name that changes with the files, and the files. */
declare const SHELL: { readonly name: string; readonly files: readonly string[] };

const PREFIX = 'mnemesh-shell-';
const cacheName = PREFIX + SHELL.name;
const PAGE = '/';
/** Milliseconds that the server has to begin its answer for: a person hardly waits longer for what is here already. */
const PATIENCE_MS = 1_000;

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
  if (request.mode === 'navigate') event.respondWith(page(request));
  else if (SHELL.files.includes(pathname)) event.respondWith(kept(pathname));
}

/** The server's own page where it answers soon, so that a new version is seen at the next start; else the kept one. */
async function page(request: Request): Promise<Response> {
  const giveUp = new AbortController();
  const answered = fetch(request, { signal: giveUp.signal });
  const soon = await Promise.race([answered.catch(() => undefined), patience()]);
  if (soon !== undefined && isForThePerson(soon)) return soon;
  const own = await keptFile(PAGE);
  if (own === undefined) return answered;
  giveUp.abort();
  return own;
}

/** A page, or the way to where one signs in. A proxy whose relay is gone has only an error to show. */
function isForThePerson({ ok, type, status }: Response): boolean {
  return ok || type === 'opaqueredirect' || status === 401;
}

function patience(): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
}

/** All of them, or none. */
async function keepFiles(): Promise<void> {
  try {
    const cache = await caches.open(cacheName);
    await cache.addAll([PAGE, ...SHELL.files]);
  } catch (error) {
    await caches.delete(cacheName).catch(() => false);
    await tellPages(error);
    throw error;
  }
  await self.skipWaiting();
}

/** A person is to know before there is no network: see `session/kept-shell.ts`. */
async function tellPages(error: unknown): Promise<void> {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  const reason =
    name === 'QuotaExceededError' ? 'the browser gives this site no more room' : message;
  const pages = await self.clients.matchAll({ includeUncontrolled: true, type: 'window' });
  for (const page of pages) page.postMessage({ type: 'not-kept', reason });
}

/** Scripts of the version before stay for a page that is still open: it may load a view yet. */
async function dropOlder(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
  const older = names.filter((name) => name !== cacheName).slice(0, -1);
  await Promise.all(older.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function kept(path: string): Promise<Response> {
  return (await keptFile(path)) ?? fetch(path);
}

async function keptFile(path: string): Promise<Response | undefined> {
  return (await (await caches.open(cacheName)).match(path)) ?? caches.match(path);
}
