import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { HttpRoute } from '@mnemesh/relay';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
};

/** Its relay may be anywhere, so sockets may be; nothing else leaves this server, and no script but its own runs. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self' ws: wss:",
  "manifest-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
} as const;

/** Under this folder a file's name holds a hash of its content: it never changes. */
const HASHED = '/assets/';
const FOREVER = 'public, max-age=31536000, immutable';

interface Found {
  readonly path: string;
  readonly bytes: number;
  readonly etag: string;
}

/**
 * The built files of the console. A path is looked up among the names that lie in the directory, so none leads
 * out of it. What a page of the console is named, `/tasks`, gives the page itself, which then shows it.
 */
export function consoleRoute(directory: URL): HttpRoute {
  const root = fileURLToPath(directory);
  return (request, response) => {
    answer(root, request, response).catch(() => response.destroy());
  };
}

async function answer(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return say(response, 405, 'Only GET is answered here.\n', { allow: 'GET, HEAD' });
  }
  const files = await filesOf(root);
  const page = files.get('/index.html');
  if (page === undefined) {
    return say(response, 503, 'The console is not built. Run "npm start" in its repository.\n');
  }
  const path = pathOf(request);
  const file = path === undefined ? undefined : files.get(path);
  if (file !== undefined && path !== undefined) return send(file, path, request, response);
  if (wantsPage(path, request)) return send(page, '/index.html', request, response);
  return say(response, 404, 'There is no such file. Replicas connect to /mesh by WebSocket.\n');
}

/** Read anew for each request: it is a handful of names, and whoever builds again need not restart. */
async function filesOf(root: string): Promise<ReadonlyMap<string, Found>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(() => []);
  const found = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry): Promise<readonly [string, Found]> => {
        const path = join(entry.parentPath, entry.name);
        const { size, mtimeMs } = await stat(path);
        const name = `/${relative(root, path).split(sep).join('/')}`;
        return [name, { path, bytes: size, etag: `"${size}-${Math.trunc(mtimeMs)}"` }];
      }),
  );
  return new Map(found);
}

function pathOf({ url = '/' }: IncomingMessage): string | undefined {
  try {
    return decodeURIComponent(url.split(/[?#]/, 1)[0] as string);
  } catch {
    return undefined;
  }
}

/** A person's browser opens an address that the console made up; a program that asks for a file gets a plain no. */
function wantsPage(path: string | undefined, { headers }: IncomingMessage): boolean {
  if (path === '/') return true;
  if (path === undefined || path.startsWith(HASHED)) return false;
  return headers.accept?.includes('text/html') === true;
}

function send(file: Found, name: string, request: IncomingMessage, response: ServerResponse): void {
  const caching = name.startsWith(HASHED) ? FOREVER : 'no-cache';
  const about = { ...headers, etag: file.etag, 'cache-control': caching };
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, about).end();
    return;
  }
  response.writeHead(200, {
    ...about,
    'content-type': types[extname(name)] ?? 'application/octet-stream',
    'content-length': file.bytes,
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  // Whoever leaves early must not leave the file open.
  pipeline(createReadStream(file.path), response, () => undefined);
}

function say(
  response: ServerResponse,
  code: number,
  text: string,
  more: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(code, { ...headers, ...more, 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}
