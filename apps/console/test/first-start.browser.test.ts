import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';

const bench = benchConsole();

test('at the first start three lines open a mesh, with the relay filled in, and at the next it opens by itself', async () => {
  const person = await bench.person();
  const page = await person.context.newPage();
  await page.goto(bench.origin);
  const relay = page.getByLabel('Relay');
  expect(await relay.inputValue()).toBe(bench.origin.replace(/^http/, 'ws'));
  await page.getByLabel('Mesh').fill('No Such Name');
  await page.getByLabel('Your name').fill('mira');
  await page.getByRole('button', { name: 'Open' }).click();
  expect(await page.getByRole('alert').textContent()).toContain('mesh');

  await page.getByLabel('Mesh').fill(bench.newMesh());
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);

  await page.goto(`${bench.origin}/memory`);
  await page.getByRole('heading', { name: 'Nothing is remembered yet' }).waitFor(patient);
  await page.goto(`${bench.origin}/settings`);
  await page.getByText('A person: no agent’s value takes the place of yours unseen').waitFor();
});

test('[CV] what is written in the console arrives at a Node agent, and what the agent writes appears in the console, live', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'builder');
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.getByRole('heading', { name: 'Memory' }).waitFor();
  await page.keyboard.press('n');
  await page.getByLabel('What should be remembered').fill('The ferry leaves from pier four.');
  await page.getByRole('button', { name: 'Remember' }).click();
  const contents = async (): Promise<readonly string[]> =>
    (await agent.memory.list()).map(({ content }) => content);
  await expect.poll(contents, patient).toEqual(['The ferry leaves from pier four.']);
  const [item] = await agent.memory.list();
  expect(item?.authorKind).toBe('human');

  await agent.memory.create({ content: 'The parrot belongs to Ana.', kind: 'fact' });
  const list = page.getByRole('listbox', { name: 'Memory items' });
  await list.getByText('The parrot belongs to Ana.').waitFor(patient);
  await list.getByText('builder').waitFor(patient);

  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await agent.tasks.create({ title: 'Paint the ferry' });
  await page
    .getByRole('listbox', { name: 'Submitted' })
    .getByText('Paint the ferry')
    .waitFor(patient);
});

test('recall answers as one types, with the reason and the citation of each hit', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'builder');
  const { id } = await agent.memory.create({ content: 'The ferry leaves from pier four.' });
  await agent.memory.create({ content: 'The parrot belongs to Ana.' });
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.keyboard.press('/');
  await page.getByLabel('Recall').pressSequentially('whence leaves the ferry');
  const hit = page.getByRole('listbox', { name: 'What recall found' }).getByRole('option').first();
  await hit.getByText(`mnemesh://shared/memory/${id}`).waitFor(patient);
  expect(await hit.textContent()).toContain('matches');
  await page.waitForURL(/q=whence/);
  await hit.click();
  await page.getByRole('heading', { name: 'Provenance' }).waitFor();
  expect(page.url()).toContain(`/memory/item/${id}`);
});

test('[CV] two tabs of one browser show one mesh, and either goes on when the other is closed', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'builder');
  const person = await bench.person();
  const first = await person.open(bench.origin, mesh);
  await first.getByText('Synced', { exact: true }).first().waitFor(patient);
  const second = await person.context.newPage();
  await second.goto(`${bench.origin}/memory`);
  await second.getByRole('heading', { name: 'Nothing is remembered yet' }).waitFor(patient);
  await agent.memory.create({ content: 'The ferry is blue.' });
  await second.getByText('The ferry is blue.').waitFor(patient);
  await first.close();
  await second.keyboard.press('n');
  await second.getByLabel('What should be remembered').fill('The ferry is green.');
  await second.getByRole('button', { name: 'Remember' }).click();
  await expect.poll(async () => (await agent.memory.list()).length, patient).toBe(2);
});

test('[ND] once it was open, the console opens without any network, with all that it holds', async () => {
  const mesh = bench.newMesh();
  const person = await bench.person();
  const page = await person.open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.evaluate(() => history.pushState(null, '', '/memory/new'));
  await page.getByLabel('What should be remembered').fill('Kept in this browser.');
  await page.getByRole('button', { name: 'Remember' }).click();
  await page.getByRole('heading', { name: 'Provenance' }).waitFor();
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  await person.context.setOffline(true);
  await page.goto(`${bench.origin}/memory`);
  await page.getByText('Kept in this browser.').waitFor(patient);
  await page.getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'Nothing was spent yet' }).waitFor();
  person.forgive(/^WebSocket connection to|ERR_INTERNET_DISCONNECTED/);
});
