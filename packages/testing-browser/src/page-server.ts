import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundle } from './bundle.js';

export interface PageServer {
  /** Of the page that loads the script. */
  readonly url: string;
  close(): Promise<void>;
}

/** Bundles and serves one page on this machine; to a browser that is a secure place. */
export async function servePage(entry: URL): Promise<PageServer> {
  return serveScript(await bundle(entry));
}

/** Serves a page whose script was bundled already. */
export async function serveScript(script: string): Promise<PageServer> {
  const files: Readonly<Record<string, readonly [type: string, body: string]>> = {
    '/': [
      'text/html',
      '<!doctype html><title>Test</title><script type="module" src="/page.js"></script>',
    ],
    '/page.js': ['text/javascript', script],
    '/favicon.ico': ['image/x-icon', ''],
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
