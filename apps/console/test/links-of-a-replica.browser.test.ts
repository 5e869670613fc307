import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, type Person, patient } from './console-bench.js';
import { goTo, writeItem } from './steps.js';

const bench = benchConsole();

async function remember(page: Page, content: string): Promise<void> {
  await writeItem(page, content);
  await page.getByRole('heading', { name: 'Provenance' }).waitFor(patient);
}

/** A browser that no server links with anybody. */
async function alone(person: Person, mesh: string, name: string): Promise<Page> {
  const page = await person.context.newPage();
  await page.goto(`${bench.origin}/#mesh=${mesh}&name=${name}`);
  await page.getByLabel('Relay').fill('');
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await goTo(page, '/settings');
  return page;
}

test('[CV] two browsers link by two texts that people carry, without any server, also if both made an offer', async () => {
  const mesh = bench.newMesh();
  const ana = await alone(await bench.person(), mesh, 'ana');
  await ana.getByRole('button', { name: 'Or begin here' }).click();
  await ana.getByRole('button', { name: 'Invite: show the code' }).click(patient);
  const code = await ana.locator('.code-block').first().textContent();
  const bo = await alone(await bench.person(), mesh, 'bo');
  await bo.getByLabel('Code of another device').fill(code ?? '');
  await bo.getByRole('button', { name: 'Join peers' }).click();

  for (const page of [ana, bo]) {
    await page.getByText('Link with one device without any server').click(patient);
    await page.getByRole('button', { name: 'Make an offer' }).click();
    await page.getByRole('region', { name: 'Offer' }).waitFor(patient);
  }
  const text = async (page: Page, name: string): Promise<string> =>
    (await page.getByRole('region', { name }).locator('.code-block').textContent()) ?? '';
  await bo.getByLabel('Text of the other device').fill(await text(ana, 'Offer'));
  await bo.getByRole('button', { name: 'Answer it' }).click();
  await bo.getByRole('region', { name: 'Answer' }).waitFor(patient);
  await ana.getByLabel('Text of the other device').fill(await text(bo, 'Answer'));
  await ana.getByRole('button', { name: 'Take their answer' }).click();
  await ana.getByText('Linked.').waitFor(patient);

  await remember(ana, 'Carried by hand.');
  await goTo(bo, '/memory');
  await bo.getByText('Carried by hand.').waitFor(patient);
  await goTo(bo, '/mesh');
  await bo.locator('line.link-peer.link-up').waitFor({ ...patient, state: 'attached' });
  const drawn = bo.getByRole('region', { name: 'Replicas and links' });
  await drawn.locator('.node-replica', { hasText: 'ana' }).waitFor(patient);
  await drawn.locator('.node-replica .node-standing').waitFor(patient);
  expect(await drawn.locator('.node').count()).toBe(2);
  await bo.getByText('No relay', { exact: true }).waitFor();
  expect(await bo.getByText(/segments? waits?/).count()).toBe(0);
});

test('after a restart without a network the outbox says that more waits than it lists', async () => {
  const mesh = bench.newMesh();
  const person = await bench.person();
  const page = await person.open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await person.context.setOffline(true);
  await page.reload();
  await remember(page, 'Written without a network.');
  await page.goto(`${bench.origin}/mesh`);
  const outbox = page.getByRole('region', { name: 'Outbox' });
  await outbox.getByText('it is not listed one by one').waitFor(patient);
  expect(await outbox.textContent()).toMatch(/\d+ of \d+ segments hold something/);
  await page.getByText('What others last said of theirs is in the drawing.').waitFor();
  await person.context.setOffline(false);
  await outbox.getByText('it is not listed one by one').waitFor({ ...patient, state: 'detached' });
  person.forgive(/^WebSocket connection to|ERR_INTERNET_DISCONNECTED/);
});
