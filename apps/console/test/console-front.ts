import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { consoleFiles } from '@mnemesh/console';
import { serve } from '@mnemesh/server';
import { onTestFinished } from 'vitest';
import { buildConsole } from '../scripts/build.mjs';

/** `hangs`: nobody answers, as when a firewall drops what is sent. `bad gateway`: a proxy does, in place of the relay. */
export type Health = 'well' | 'hangs' | 'bad gateway';

/** The console as people reach it: through something that stands before its server. */
export interface ConsoleFront {
  readonly origin: string;
  readonly relay: string;
  /** How pages are answered that a person asks for, and how everything else. */
  pages: Health;
  others: Health;
  /** Puts another version of the console there, whose page names it. */
  deploy(version: string): Promise<void>;
}

export async function startFront(): Promise<ConsoleFront> {
  await buildConsole();
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-front-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  const files = join(directory, 'web');
  await cp(fileURLToPath(consoleFiles), files, { recursive: true });
  const console = pathToFileURL(`${files}/`);
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    data: join(directory, 'relay'),
    console,
  });
  onTestFinished(() => server.close());
  const upstream = server.url.replace(/^ws/, 'http');
  const proxy = createServer(({ url = '/', headers }, response) => {
    // The browser's own fetches of scripts take anything.
    const isPage = headers.accept?.includes('text/html') === true;
    const health = isPage ? front.pages : front.others;
    if (health === 'bad gateway') response.writeHead(502).end('Bad gateway');
    if (health === 'well') {
      const accept = headers.accept ?? '*/*';
      pass(`${upstream}${url}`, accept, response).catch(() => response.destroy());
    }
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  onTestFinished(async () => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const front: ConsoleFront = {
    origin: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    relay: server.url,
    pages: 'well',
    others: 'well',
    deploy: (version) => deploy(files, version),
  };
  return front;
}

async function pass(url: string, accept: string, response: ServerResponse): Promise<void> {
  const answer = await fetch(url, { headers: { accept } });
  const type = answer.headers.get('content-type') ?? 'text/plain';
  response.writeHead(answer.status, { 'content-type': type });
  response.end(Buffer.from(await answer.arrayBuffer()));
}

/** As a build does: the page is another, and so is the name under which the worker keeps it. */
async function deploy(files: string, version: string): Promise<void> {
  const change = async (file: string, from: RegExp, to: string): Promise<void> => {
    const before = await readFile(join(files, file), 'utf8');
    const after = before.replace(from, to);
    if (after === before) throw new Error(`Nothing of ${file} is like ${from}.`);
    await writeFile(join(files, file), after);
  };
  await change('index.html', /<head>/, `<head><meta name="version" content="${version}">`);
  await change('sw.js', /name:\s*[`"'][0-9a-f]{12}[`"']/, `name:"${version}"`);
}
