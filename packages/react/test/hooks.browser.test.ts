import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@mnemesh/server';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, onTestFinished, test } from 'vitest';

const bench = benchInBrowser(new URL('hooks-page.ts', import.meta.url));

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 30_000 };

async function startRelay(): Promise<string> {
  const data = await mkdtemp(join(tmpdir(), 'mnemesh-react-'));
  const relay = await serve({ port: 0, host: '127.0.0.1', data });
  onTestFinished(async () => {
    await relay.close();
    await rm(data, { recursive: true, force: true });
  });
  return relay.url;
}

const shown = (page: TestPage, list: string): Promise<string[]> =>
  page.page.locator(`#${list} li`).allTextContents();

test('[CV] two devices whose pages are made of the hooks show each other’s work through a relay, live', async () => {
  const relay = await startRelay();
  const [ana, bo] = [
    await (await bench.device()).open(bench.url),
    await (await bench.device()).open(bench.url),
  ];
  await ana.call('open', 'ana', relay);
  await bo.call('open', 'bo', relay);
  for (const page of [ana, bo])
    await expect.poll(() => shown(page, 'present'), patient).toEqual(['ana', 'bo']);

  const task = await ana.call('addTask', 'Paint the ferry');
  await expect.poll(() => shown(bo, 'tasks'), patient).toEqual(['Paint the ferry: submitted']);
  await bo.call('complete', task);
  await expect.poll(() => shown(ana, 'tasks'), patient).toEqual(['Paint the ferry: completed']);

  await bo.call('setOffline', true);
  await expect.poll(() => bo.page.locator('main[data-synced=false]').count()).toBe(1);
  await bo.call('remember', 'The parrot belongs to Ana.');
  await expect.poll(() => shown(bo, 'items')).toEqual(['The parrot belongs to Ana.']);
  expect(await shown(ana, 'items')).toEqual([]);
  await bo.call('setOffline', false);
  await expect.poll(() => shown(ana, 'items'), patient).toEqual(['The parrot belongs to Ana.']);
  await expect.poll(() => bo.page.locator('main[data-synced=true]').count(), patient).toBe(1);

  await ana.page.locator('input').pressSequentially('whose parrot');
  await expect.poll(() => shown(ana, 'hits')).toEqual(['The parrot belongs to Ana.']);
  await bo.call('close');
  await expect.poll(() => shown(ana, 'present'), patient).toEqual(['ana']);
  await ana.call('close');
});
