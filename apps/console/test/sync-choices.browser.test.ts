import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';
import { goTo, writeItem } from './steps.js';

const bench = benchConsole();

async function remember(page: Page, content: string): Promise<void> {
  await writeItem(page, content);
  await page.getByRole('listbox', { name: 'Memory items' }).getByText(content).waitFor(patient);
}

test('how soon namespaces go out is chosen in the settings, holds at once, and still after a reload', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const contents = async (): Promise<readonly string[]> =>
    (await agent.memory.list()).map(({ content }) => content).sort();
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await goTo(page, '/settings');
  const panel = page.getByRole('region', { name: 'Sync' });
  const spares = panel.getByLabel('Spare data on metered networks');
  expect(await spares.isChecked()).toBe(true);
  await spares.uncheck();
  await panel.getByLabel('Namespaces').fill('not a glob');
  await panel.getByLabel('At most every').fill('10');
  await panel.getByRole('button', { name: 'Set on this device' }).click();
  await page.locator('.said-failed', { hasText: 'no namespace glob' }).waitFor();
  await panel.getByLabel('Namespaces').fill('shared/*');
  await panel.getByRole('button', { name: 'Set on this device' }).click();
  await panel.getByText('at most every 10 minutes').waitFor();

  await remember(page, 'a: goes at once.');
  await expect.poll(contents, patient).toEqual(['a: goes at once.']);
  await remember(page, 'b: waits.');
  // What the agent wrote since came over the same link.
  await agent.tasks.create({ title: 'Paint the ferry' });
  await goTo(page, '/tasks');
  await page.getByText('Paint the ferry').waitFor(patient);
  expect(await contents()).toEqual(['a: goes at once.']);
  await page.getByText('1 segment waits').first().waitFor(patient);

  await page.reload();
  await expect.poll(async () => (await contents()).length, patient).toBe(2);
  await remember(page, 'c: the first over a new link.');
  await expect.poll(async () => (await contents()).length, patient).toBe(3);
  await remember(page, 'd: waits, too.');
  await page.getByText('1 segment waits').first().waitFor(patient);
  await goTo(page, '/settings');
  expect(await spares.isChecked()).toBe(false);
  expect((await contents()).length).toBe(3);
  await panel.getByRole('button', { name: 'No rule for shared/*' }).click();
  await panel.getByText('Everything goes out at once.').waitFor();
  await expect.poll(async () => (await contents()).length, patient).toBe(4);
});
