import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { serve } from '../src/index.js';

/** A server of a console that consists of a page and a script. @returns its address by HTTP */
async function served(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'mnemesh-console-route-'));
  const web = join(place, 'web');
  await mkdir(join(web, 'assets'), { recursive: true });
  await writeFile(join(place, 'secret.txt'), 'not served');
  await writeFile(join(web, 'index.html'), '<!doctype html><title>Console</title>');
  await writeFile(join(web, 'assets/app-1a2b.js'), 'export {};');
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    data: join(place, 'relay'),
    console: pathToFileURL(`${web}/`),
  });
  onTestFinished(async () => {
    await server.close();
    await rm(place, { recursive: true, force: true });
  });
  return server.url.replace(/^ws/, 'http');
}

const asBrowser = { headers: { accept: 'text/html' } };

test('the console’s page is answered at its own addresses, and lets no foreign script run', async () => {
  const url = await served();
  for (const path of ['/', '/memory', '/memory/item/1.01ABC', '/tasks?x=1']) {
    const page = await fetch(url + path, asBrowser);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    expect(await page.text()).toContain('<title>Console</title>');
  }
});

test('a program that asks where replicas connect is told that this is a relay, and a browser is given its page', async () => {
  const url = await served();
  expect(await (await fetch(`${url}/mesh`)).text()).toMatch(/^This is a Mnemesh relay\./);
  expect(await (await fetch(`${url}/mesh`, asBrowser)).text()).toContain('<title>Console</title>');
});

test('files named after their content are kept for good, and others are asked for again', async () => {
  const url = await served();
  const script = await fetch(`${url}/assets/app-1a2b.js`);
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(script.headers.get('cache-control')).toContain('immutable');
  const etag = (await fetch(url)).headers.get('etag') as string;
  const again = await fetch(url, { headers: { 'if-none-match': etag } });
  expect(again.status).toBe(304);
});

/** `fetch` tidies a path up before it asks. */
function statusOfRaw(url: string, path: string): Promise<number | undefined> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

test('nothing outside of the console’s files is given, however it is asked for', async () => {
  const url = await served();
  const paths = [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/%',
    '/assets/gone.js',
  ];
  for (const path of paths) expect([path, await statusOfRaw(url, path)]).toEqual([path, 404]);
  expect((await fetch(`${url}/assets/gone.js`, asBrowser)).status).toBe(404);
  expect((await fetch(url, { method: 'POST' })).status).toBe(405);
});

test('a page of another site is refused', async () => {
  const url = await served();
  const refused = await fetch(url, { headers: { origin: 'https://elsewhere.example' } });
  expect(refused.status).toBe(403);
});

test('a console that is not built says how to build it', async () => {
  const place = await mkdtemp(join(tmpdir(), 'mnemesh-console-route-'));
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    data: join(place, 'relay'),
    console: pathToFileURL(join(place, 'missing/')),
  });
  onTestFinished(async () => {
    await server.close();
    await rm(place, { recursive: true, force: true });
  });
  const answer = await fetch(server.url.replace(/^ws/, 'http'));
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain('npm start');
});
