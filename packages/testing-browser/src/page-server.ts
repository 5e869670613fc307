import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundle } from './bundle.js';

export interface PageServer {
  /** Of the page that loads the script. */
  readonly url: string;
  close(): Promise<void>;
}

/** Further scripts of a page's site, by their path: `/worker.js`. */
export type Scripts = Readonly<Record<string, URL>>;

/** Bundles and serves one page on this machine; to a browser that is a secure place. */
export async function servePage(entry: URL, scripts: Scripts = {}): Promise<PageServer> {
  const others = Object.entries(scripts).map(
    async ([path, script]) => [path, await bundle(script)] as const,
  );
  return serveScript(await bundle(entry), Object.fromEntries(await Promise.all(others)));
}

/** Serves a page whose script was bundled already. @param others further scripts, by their path */
export async function serveScript(
  script: string,
  others: Readonly<Record<string, string>> = {},
): Promise<PageServer> {
  const more = Object.entries(others).map(
    ([path, text]) => [path, ['text/javascript', text]] as const,
  );
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': [
      'text/html',
      '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>',
    ],
    '/page.js': ['text/javascript', script],
    '/favicon.ico': ['image/x-icon', ''],
    ...Object.fromEntries(more),
  };
  const server = createServer((request, response) => {
    const [type, body] = files[request.url ?? ''] ?? [];
    response.writeHead(body === undefined ? 404 : 200, { 'content-type': type ?? 'text/plain' });
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
