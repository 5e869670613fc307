import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';
import { goTo, writeItem } from './steps.js';

const bench = benchConsole();

async function remember(page: Page, content: string): Promise<void> {
  await writeItem(page, content);
  await page.getByRole('listbox', { name: 'Memory items' }).getByText(content).waitFor(patient);
}

/** Of which meshes the service worker will send something, by name. */
const kept = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<readonly unknown[]>((resolve) => {
        const opening = indexedDB.open('mnemesh-background', 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore('meshes');
        opening.onsuccess = () => {
          const { result } = opening;
          const request = result.transaction('meshes').objectStore('meshes').getAll();
          request.onsuccess = () => {
            result.close();
            resolve(request.result);
          };
        };
      }),
  );

/** Has the browser wake the worker for a mesh. @returns whether it has done with it */
const wake = (page: Page, mesh: string) =>
  page.evaluate(async (tag) => {
    const { sync } = (await navigator.serviceWorker.ready) as unknown as {
      readonly sync: { register(tag: string): Promise<void> };
    };
    await sync.register(tag);
  }, `mnemesh/${mesh}`);

const asked = (page: Page) =>
  page.evaluate(async () => {
    const { sync } = (await navigator.serviceWorker.ready) as unknown as {
      readonly sync: { getTags(): Promise<readonly string[]> };
    };
    return sync.getTags();
  });

test('[ND] once the relay is cleared in Settings, nothing is sent to it, not even with the page closed', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const person = await bench.person();
  await person.context.grantPermissions(['background-sync']);
  const page = await person.open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await expect.poll(() => kept(page), patient).toMatchObject([{ mesh }]);

  await goTo(page, '/settings');
  await page.getByRole('region', { name: 'Mesh' }).getByLabel('Relay').fill('');
  await page.getByRole('button', { name: 'Open with these' }).click();
  await page.getByText('No link', { exact: true }).first().waitFor(patient);
  await remember(page, 'For this browser alone.');
  await page.close();

  // A page of the site that has no mesh open.
  const other = await person.context.newPage();
  await other.goto(`${bench.origin}/manifest.webmanifest`);
  await wake(other, mesh);
  await expect.poll(() => asked(other), patient).toEqual([]);
  expect(await agent.memory.list()).toEqual([]);
  expect(await kept(other)).toEqual([]);
  // It asks for an icon, which that page does not name.
  person.forgive(/404/);
});

test('[ND] a relay that is cleared in one tab is left by the other tabs of the browser, too', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const person = await bench.person();
  const first = await person.open(bench.origin, mesh);
  await first.getByText('Synced', { exact: true }).first().waitFor(patient);
  const second = await person.context.newPage();
  await second.goto(`${bench.origin}/memory`);
  await second.getByText('Synced', { exact: true }).first().waitFor(patient);
  await goTo(first, '/settings');
  await first.getByRole('region', { name: 'Mesh' }).getByLabel('Relay').fill('');
  await first.getByRole('button', { name: 'Open with these' }).click();
  await second.getByText('No link', { exact: true }).first().waitFor(patient);
  await first.close();
  await remember(second, 'For this browser alone.');
  await second.getByText('No link', { exact: true }).first().waitFor(patient);
  expect(await agent.memory.list()).toEqual([]);
  expect(await kept(second)).toEqual([]);
});

test('[ND] a relay that an earlier opening had is forgotten by a start without one', async () => {
  const mesh = bench.newMesh();
  const person = await bench.person();
  const page = await person.open(bench.origin, mesh);
  await expect.poll(() => kept(page), patient).toMatchObject([{ mesh }]);
  await page.evaluate(() => {
    const key = 'mnemesh.console.settings';
    const { relay: _, ...rest } = JSON.parse(localStorage.getItem(key) ?? '{}');
    localStorage.setItem(key, JSON.stringify(rest));
  });
  await page.reload();
  await expect.poll(() => kept(page), patient).toEqual([]);
});

test('[ND] what was set offline stays offline when the page is loaded again, and in the background', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  const offline = page.getByRole('switch', { name: 'Offline' });
  await offline.check({ force: true });
  await remember(page, 'Not for the others yet.');

  await page.reload();
  await page.getByText('Offline', { exact: true }).first().waitFor(patient);
  expect(await offline.isChecked()).toBe(true);
  await expect.poll(() => kept(page), patient).toMatchObject([{ mesh, offline: true }]);
  expect(await agent.memory.list()).toEqual([]);

  await offline.uncheck({ force: true });
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await expect.poll(async () => (await agent.memory.list()).length, patient).toBe(1);
  await page.reload();
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
});
