import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consoleFiles } from '@mnemesh/console';
import { openMesh } from '@mnemesh/open-mesh';
import { type Server, serve } from '@mnemesh/server';
import { launchOptions } from '@mnemesh/testing-browser';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { expect, onTestFinished, test } from 'vitest';
import { buildConsole } from '../scripts/build.mjs';
import { type Mesh, patient } from './console-bench.js';

const MESH = 'harbour';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-restart-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true, maxRetries: 10 }));
  return directory;
}

async function startServer(data: string, port = 0): Promise<Server> {
  const server = await serve({ port, host: '127.0.0.1', data, console: consoleFiles });
  onTestFinished(() => server.close());
  return server;
}

async function startAgent(name: string, relay: string): Promise<Mesh> {
  const data = await temporaryDirectory();
  const mesh = await openMesh({
    mesh: MESH,
    agent: name,
    relay,
    data,
    holder: 'none',
    webrtc: 'none',
  });
  onTestFinished(() => mesh.close());
  return mesh;
}

/** A browser whose profile lies on the disk. */
async function startBrowser(profile: string): Promise<BrowserContext> {
  const context = await chromium.launchPersistentContext(profile, launchOptions());
  onTestFinished(() => context.close());
  return context;
}

/** What the browser has against installing the page as an app. */
async function installability(context: BrowserContext, page: Page) {
  const browser = await context.newCDPSession(page);
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  const { errors } = await browser.send('Page.getAppManifest');
  return { installabilityErrors, errors };
}

const items = (page: Page) => page.getByRole('listbox', { name: 'Memory items' });

test('[CV] [CF] [ND] a browser that was restarted without a network opens the installable console and the mesh, and what was written apart is merged, shown and settled', async () => {
  await buildConsole();
  const place = await temporaryDirectory();
  const server = await startServer(place);
  const origin = server.url.replace(/^ws/, 'http');
  const ana = await startAgent('ana', server.url);
  const blue = await ana.memory.create({ content: 'The ferry is blue.', topic: 'colour' });
  const task = await ana.tasks.create({ title: 'Paint the ferry', priority: 3 });

  const profile = await temporaryDirectory();
  const before = await startBrowser(profile);
  const first = await before.newPage();
  await first.goto(`${origin}/#mesh=${MESH}&name=mira`);
  await first.getByRole('button', { name: 'Open' }).click();
  await first.getByRole('navigation', { name: 'Views' }).waitFor();
  await first.goto(`${origin}/memory`);
  await first.getByText('Synced', { exact: true }).first().waitFor(patient);
  await items(first).getByText('The ferry is blue.').waitFor(patient);
  // From here on the shell is kept.
  await first.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  expect(await installability(before, first)).toEqual({ installabilityErrors: [], errors: [] });
  await before.close();
  await server.close();

  const after = await startBrowser(profile);
  await after.setOffline(true);
  const page = await after.newPage();
  await page.goto(`${origin}/memory/item/${blue.id}`);
  await page.getByRole('button', { name: 'Correct' }).click(patient);
  await page.getByLabel('What should be remembered').fill('The ferry is green.');
  await page.getByRole('button', { name: 'Store the correction' }).click();
  await items(page).getByText('The ferry is green.').waitFor();
  await page.goto(`${origin}/tasks`);
  await page.getByText('Paint the ferry').first().dragTo(page.locator('[data-column=working]'));
  await page.locator('[data-column=working]').getByText('Paint the ferry').waitFor();
  await ana.memory.create({
    content: 'The ferry is red.',
    topic: 'colour',
    supersedes: [blue.id],
  });
  await ana.tasks.update(task.id, { priority: 1 });

  const again = await startServer(place, Number(new URL(server.url).port));
  await after.setOffline(false);
  const bo = await startAgent('bo', again.url);
  await page.goto(`${origin}/memory/conflicts`);
  const conflict = page.locator('form.conflict', { hasText: 'About colour' });
  await conflict.getByText('The ferry is red.').click(patient);
  await conflict.getByLabel('Reason').fill('Ana asked the yard.');
  for (const one of [ana, bo]) {
    await expect.poll(async () => (await one.conflicts.list()).length, patient).toBe(1);
    await expect
      .poll(() => one.tasks.get(task.id), patient)
      .toMatchObject({ status: 'working', priority: 1, conflicts: [] });
  }
  await conflict.getByRole('button', { name: 'Settle' }).click();
  await conflict.waitFor({ ...patient, state: 'detached' });
  for (const one of [ana, bo]) {
    await expect.poll(async () => (await one.conflicts.list()).length, patient).toBe(0);
    const standing = async () =>
      (await one.memory.list({ superseded: false })).map(({ content }) => content);
    await expect.poll(standing, patient).toEqual(['The ferry is red.']);
    expect(await one.memory.count()).toBeGreaterThanOrEqual(3);
  }
}, 180_000);
