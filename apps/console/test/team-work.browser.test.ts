import { expect, test } from 'vitest';
import { benchConsole, type Mesh, patient } from './console-bench.js';
import { goTo } from './steps.js';

const bench = benchConsole();

const settled = async (...meshes: readonly Mesh[]): Promise<void> => {
  for (const mesh of meshes) await expect.poll(() => mesh.status.synced, patient).toBe(true);
};

/** Another view of the same page: the mesh stays open. */
test('[CF] what two agents wrote apart is shown side by side in the console, and settled there on all replicas', async () => {
  const mesh = bench.newMesh();
  const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
  const task = await ana.tasks.create({ title: 'Paint the ferry', priority: 2 });
  await expect.poll(() => bo.tasks.get(task.id), patient).toBeDefined();
  for (const one of [ana, bo]) one.setOffline(true);
  await ana.memory.create({ content: 'The ferry is blue.', topic: 'colour' });
  await bo.memory.create({ content: 'The ferry is green.', topic: 'colour' });
  await ana.tasks.update(task.id, { priority: 1 });
  await bo.tasks.update(task.id, { priority: 3 });
  for (const one of [ana, bo]) one.setOffline(false);

  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/memory/conflicts');
  const topic = page.locator('form.conflict', { hasText: 'About colour' });
  await topic.getByText('The ferry is blue.').waitFor(patient);
  const authors = () => topic.locator('.side-value .agent').allTextContents();
  await expect.poll(authors, patient).toEqual(expect.arrayContaining(['ana', 'bo']));
  await topic.getByText('The ferry is green.').click();
  await topic.getByLabel('Reason').fill('The yard has only green.');
  await topic.getByRole('button', { name: 'Settle' }).click();
  await topic.waitFor({ ...patient, state: 'detached' });

  const field = page.locator('form.conflict', { hasText: 'Priority of “Paint the ferry”' });
  await field.getByLabel('What holds instead').fill('0');
  await field.getByRole('button', { name: 'Settle' }).click();
  await field.waitFor({ ...patient, state: 'detached' });

  for (const one of [ana, bo]) {
    await expect.poll(async () => (await one.conflicts.list()).length, patient).toBe(0);
    await expect.poll(async () => (await one.tasks.get(task.id))?.priority, patient).toBe(0);
    const contents = async (): Promise<readonly string[]> =>
      (await one.memory.list({ superseded: false })).map(({ content }) => content);
    await expect.poll(contents, patient).toEqual(['The ferry is green.']);
    const decided = async (): Promise<unknown> =>
      (await one.audit.list()).find((record) => record.topic === 'colour')?.decisions.at(-1);
    await expect
      .poll(decided, patient)
      .toMatchObject({ why: 'human', reason: 'The yard has only green.' });
  }
});

test('a task moves by dragging, by keys and by choice, never to a state that may not follow', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const { id } = await agent.tasks.create({ title: 'Paint the ferry' });
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/tasks');
  const column = (state: string) => page.locator(`[data-column=${state}]`);
  const card = (state: string) => column(state).getByText('Paint the ferry');
  await card('submitted').waitFor(patient);
  const status = async (): Promise<string | undefined> => (await agent.tasks.get(id))?.status;

  await card('submitted').dragTo(column('working'));
  await card('working').waitFor();
  await expect.poll(status, patient).toBe('working');

  await column('working').getByRole('listbox').focus();
  await page.keyboard.press(']');
  await card('input_required').waitFor();
  await expect.poll(status, patient).toBe('input_required');
  // The focus went along.
  await page.keyboard.press('m');
  await page.getByRole('dialog').getByRole('button', { name: 'Completed' }).click();
  await card('completed').waitFor();
  await expect.poll(status, patient).toBe('completed');

  await card('completed').dragTo(column('working'));
  await column('completed').getByRole('listbox').focus();
  await page.keyboard.press('[');
  await page.keyboard.press('m');
  await page.getByRole('dialog').getByText('an end, and final').waitFor();
  await page.keyboard.press('Escape');
  expect(await status()).toBe('completed');
  await card('completed').waitFor();
});

test('a claim shows its lease and that it is advisory, and the log who did what', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const { id } = await agent.tasks.create({ title: 'Paint the ferry' });
  await agent.tasks.claim(id, { ttlMs: 3_600_000 });
  await agent.tasks.comment(id, 'The first coat is dry.');
  await settled(agent);
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, `/tasks/task/${id}`);
  const task = page.getByRole('region', { name: 'Task', exact: true });
  await task.getByText('left · advisory').waitFor(patient);
  await task.getByText('The first coat is dry.').waitFor();
  await task.getByText('Claimed (advisory').waitFor();
  await task.getByLabel('Comment').fill('Thank you.');
  await task.getByRole('button', { name: 'Say' }).click();
  const said = async (): Promise<readonly string[]> =>
    (await agent.tasks.log(id)).flatMap((event) => (event.type === 'comment' ? event.text : []));
  await expect.poll(said, patient).toEqual(['The first coat is dry.', 'Thank you.']);
});

test('[CV] cut off by the switch, the console goes on, lists what waits, and converges when it is back', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.getByRole('switch', { name: 'Offline' }).check({ force: true });
  await goTo(page, '/memory/new');
  await page.getByLabel('What should be remembered').fill('Written while cut off.');
  await page.getByRole('button', { name: 'Remember' }).click();
  await page.getByRole('listbox', { name: 'Memory items' }).getByText('Written while').waitFor();
  await agent.memory.create({ content: 'Written elsewhere.' });
  await goTo(page, '/mesh');
  const outbox = page.getByRole('region', { name: 'Outbox' });
  await outbox.getByText('saved', { exact: true }).waitFor();
  expect((await agent.memory.list()).map(({ content }) => content)).toEqual(['Written elsewhere.']);

  await page.getByRole('switch', { name: 'Offline' }).uncheck({ force: true });
  await outbox.getByText('acked', { exact: true }).waitFor(patient);
  await expect.poll(async () => (await agent.memory.list()).length, patient).toBe(2);
  await goTo(page, '/memory');
  await page.getByText('Written elsewhere.').waitFor(patient);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
});

test('[DL] what is forgotten in the console is gone everywhere, and the receipts of its holders come in', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const { id } = await agent.memory.create({ content: 'A secret of the harbour.' });
  await agent.memory.create({ content: 'What follows from it.', sources: [id] });
  await settled(agent);
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, `/memory/item/${id}`);
  await page.getByRole('button', { name: 'Forget' }).click(patient);
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('What follows from it.').check();
  await dialog.getByRole('button', { name: 'Forget for good' }).click();
  await expect.poll(async () => (await agent.memory.list()).length, patient).toBe(0);
  await page.getByRole('heading', { name: 'Receipts' }).waitFor(patient);
  await page.locator('.receipt-done').first().waitFor(patient);
});

test('a correction takes the place of the old item, and both stand in its lineage', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const { id } = await agent.memory.create({ content: 'The ferry is blue.', topic: 'colour' });
  await settled(agent);
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, `/memory/item/${id}`);
  await page.getByRole('button', { name: 'Correct' }).click(patient);
  await page.getByLabel('What should be remembered').fill('The ferry is green.');
  await page.getByRole('button', { name: 'Store the correction' }).click();
  const lineage = page.locator('.lineage');
  await lineage.getByText('The ferry is blue.').waitFor();
  const list = page.getByRole('listbox', { name: 'Memory items' });
  await list.getByText('The ferry is green.').waitFor();
  expect(await list.getByText('The ferry is blue.').count()).toBe(0);
  const standing = async (): Promise<readonly string[]> =>
    (await agent.memory.list({ superseded: false })).map(({ content }) => content);
  await expect.poll(standing, patient).toEqual(['The ferry is green.']);
  expect(await agent.conflicts.list()).toEqual([]);
});
