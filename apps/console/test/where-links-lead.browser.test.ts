import { expect, test } from 'vitest';
import { benchConsole, type Mesh, patient } from './console-bench.js';
import { goTo } from './steps.js';

const bench = benchConsole();

/** What both write is written unread of each other. */
async function apart(
  meshes: readonly [Mesh, Mesh],
  write: (mesh: Mesh, text: string) => PromiseLike<unknown>,
): Promise<void> {
  for (const mesh of meshes) await expect.poll(() => mesh.status.synced, patient).toBe(true);
  for (const mesh of meshes) mesh.setOffline(true);
  await write(meshes[0], 'blue');
  await write(meshes[1], 'green');
  for (const mesh of meshes) mesh.setOffline(false);
}

const contents = (mesh: Mesh, namespace: string) => async (): Promise<readonly string[]> =>
  (await mesh.memory.in(namespace).list({ superseded: false })).map(({ content }) => content);

test('[CF] each side of a conflict is opened where it lies, forgotten after a question, or taken as the beginning of what holds', async () => {
  const mesh = bench.newMesh();
  const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
  const place = `agents/${ana.agent.id}/memory`;
  await apart([ana, bo], (one, colour) =>
    one.memory.in(place).create({
      content: `The ferry is ${colour}.`,
      topic: 'colour',
      sensitivity: colour === 'blue' ? 'private' : 'public',
    }),
  );
  await apart([ana, bo], (one, colour) =>
    one.memory.create({ content: `The quay is ${colour}.`, topic: 'quay' }),
  );
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/memory/conflicts');
  const ferry = page.locator('form.conflict', { hasText: 'About colour' });
  const side = ferry.locator('.side-value', { hasText: 'The ferry is blue.' });
  await side.getByRole('link', { name: 'Open' }).click(patient);
  const item = page.getByRole('region', { name: 'Item', exact: true });
  await item.locator('.content', { hasText: 'The ferry is blue.' }).waitFor(patient);

  await goTo(page, '/memory/conflicts');
  await side.getByRole('button', { name: 'Start from this' }).click();
  const written = ferry.getByLabel('What holds instead');
  expect(await written.inputValue()).toBe('The ferry is blue.');
  await page.keyboard.press('End');
  await page.keyboard.type(' At night it looks green.');
  await ferry.getByRole('button', { name: 'Settle' }).click();
  await ferry.waitFor({ ...patient, state: 'detached' });
  await expect
    .poll(contents(bo, place), patient)
    .toEqual(['The ferry is blue. At night it looks green.']);
  const [settled] = await bo.memory.in(place).list({ superseded: false });
  expect(settled).toMatchObject({ sensitivity: 'private' });

  const quay = page.locator('form.conflict', { hasText: 'About quay' });
  const green = quay.locator('.side-value', { hasText: 'The quay is green.' });
  await green.getByRole('button', { name: 'Forget' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('The quay is green.').waitFor(patient);
  await dialog.getByRole('button', { name: 'Keep it' }).click();
  await green.getByRole('button', { name: 'Forget' }).click();
  await dialog.getByRole('button', { name: 'Forget for good' }).click();
  await quay.waitFor({ ...patient, state: 'detached' });
  await expect.poll(contents(bo, 'shared/memory'), patient).toEqual(['The quay is blue.']);
});

test('[CF] a conflict about what a tool keeps leads to it', async () => {
  const mesh = bench.newMesh();
  const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
  const tool = await ana.tools.create({ tool: 'crane', state: 'grey' });
  await expect.poll(() => bo.tools.get(tool.id), patient).toBeDefined();
  await apart([ana, bo], (one, colour) => one.tools.update(tool.id, { state: colour }));
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/memory/conflicts');
  await page.getByRole('heading', { name: 'State of “crane”' }).waitFor(patient);
  await page.getByRole('link', { name: 'Open the tool' }).click();
  await page.getByRole('region', { name: 'Item', exact: true }).getByText('crane').waitFor(patient);
  expect(await page.getByText('is not here').count()).toBe(0);
});

test('whatever recall finds opens where it can be read', async () => {
  const mesh = bench.newMesh();
  const ana = await bench.agent(mesh, 'ana');
  await ana.prose.create({ title: 'Harbour rules', text: 'Zebras wait at the gangway.' });
  await ana.personas.create({ name: 'zebra keeper', instructions: 'Feed them at noon.' });
  await ana.tools.create({ tool: 'zebra counter', state: { seen: 7 } });
  const talk = await ana.conversations.create({ title: 'Stripes' });
  await ana.conversations.append(talk.id, { text: 'A zebra came aboard.', speaker: 'Bo' });
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  const found = page.getByRole('listbox', { name: 'What recall found' });
  // The text of prose is searched a moment after it has come.
  await goTo(page, '/memory');
  await expect
    .poll(async () => {
      await page.getByRole('searchbox', { name: 'Recall' }).fill('');
      await found.waitFor({ state: 'detached' });
      await page.getByRole('searchbox', { name: 'Recall' }).fill('zebra');
      await found.waitFor();
      return found.getByRole('option').allTextContents();
    }, patient)
    .toHaveLength(4);
  const detail = page.locator('.pane-detail');
  for (const [collection, read] of [
    ['prose', 'Zebras wait at the gangway.'],
    ['persona', 'Feed them at noon.'],
    ['tool', '"seen": 7'],
    ['event', 'A zebra came aboard.'],
  ] as const) {
    const option = found.getByRole('option').filter({ has: page.locator(`.kind-${collection}`) });
    await goTo(page, '/memory?q=zebra');
    await option.click(patient);
    await detail.getByText(read).waitFor(patient);
  }
});

test('Escape closes the pane that is open and goes back to the list, unless something typed would be lost', async () => {
  const mesh = bench.newMesh();
  const ana = await bench.agent(mesh, 'ana');
  const item = await ana.memory.create({ content: 'The ferry is blue.' });
  const task = await ana.tasks.create({ title: 'Paint the ferry' });
  const talk = await ana.conversations.create({ title: 'About paint' });
  const page = await (await bench.person()).open(bench.origin, mesh);
  const pane = page.locator('.pane-detail');
  for (const [path, mark, home] of [
    [`/memory/item/${item.id}`, 'Provenance', '/memory'],
    [`/tasks/task/${task.id}`, 'Log', '/tasks'],
    [`/conversations/${talk.id}`, 'Nothing was said yet.', '/conversations'],
  ] as const) {
    await goTo(page, path);
    await pane.getByText(mark).waitFor(patient);
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await pane.getByText(mark).waitFor();
    await page.keyboard.press('Escape');
    await pane.waitFor({ state: 'detached' });
    expect(new URL(page.url()).pathname).toBe(home);
  }
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'listbox');
  await page.keyboard.press('Enter');
  await pane.getByText('Nothing was said yet.').waitFor();

  await goTo(page, `/tasks/task/${task.id}`);
  await pane.getByLabel('Comment').fill('Not said yet');
  await page.keyboard.press('Escape');
  await pane.getByLabel('State').focus();
  await page.keyboard.press('Escape');
  expect(await pane.getByLabel('Comment').inputValue()).toBe('Not said yet');
  await goTo(page, `/memory/item/${item.id}/edit`);
  await pane.getByLabel('What should be remembered').fill('The ferry is green.');
  await page.keyboard.press('Escape');
  const text = pane.getByLabel('What should be remembered');
  expect(await text.inputValue()).toBe('The ferry is green.');
  await text.fill('The ferry is blue.');
  await page.keyboard.press('Escape');
  await pane.getByText('Provenance').waitFor();
});

test('a correction keeps all that the old item had, as far as it was not changed', async () => {
  const mesh = bench.newMesh();
  const ana = await bench.agent(mesh, 'ana');
  const had = {
    topic: 'code',
    tags: ['door'],
    sources: ['handbook'],
    sensitivity: 'secret',
    importance: 0.875,
    pinned: true,
    validFrom: '2026-01-01T08:30:00Z',
    validTo: '2999-01-01T10:00:00Z',
  } as const;
  const { id } = await ana.memory.create({ content: 'The code is 12.', ...had });
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, `/memory/item/${id}/edit`);
  await page.getByLabel('What should be remembered').fill('The code is 34.', patient);
  expect(await page.getByLabel('Sensitivity').inputValue()).toBe('secret');
  await page.getByRole('button', { name: 'Store the correction' }).click();
  const standing = async () => (await ana.memory.list({ superseded: false }))[0];
  await expect
    .poll(standing, patient)
    .toMatchObject({ content: 'The code is 34.', supersedes: [id], ...had });

  await page.getByRole('button', { name: 'Correct' }).click();
  await page.getByLabel('What should be remembered').fill('The code is on the door.');
  await page.getByLabel('Sensitivity').selectOption('public');
  await page.getByLabel('Importance').fill('10');
  await page.getByLabel('Pinned').uncheck();
  await page.getByRole('button', { name: 'Store the correction' }).click();
  await expect.poll(async () => (await standing())?.content, patient).toMatch(/on the door/);
  const { validTo, pinned, ...now } = (await standing()) ?? {};
  expect(now).toMatchObject({ sensitivity: 'public', importance: 0.1, tags: ['door'] });
  expect({ validTo, pinned }).toEqual({ validTo: had.validTo });
});
