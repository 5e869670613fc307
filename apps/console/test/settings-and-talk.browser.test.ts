import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';
import { goTo } from './steps.js';

const bench = benchConsole();

test('settings are kept: the appearance here, retention for everybody, peers by a code', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const person = await bench.person({ colorScheme: 'light' });
  const page = await person.open(bench.origin, mesh);
  await goTo(page, '/settings');
  const ground = () =>
    page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await ground();
  await page.getByText('Dark', { exact: true }).click();
  expect(await ground()).not.toBe(light);

  await page.getByLabel('Days').fill('30');
  await page.getByRole('button', { name: 'Set for everybody' }).click();
  await expect
    .poll(() => agent.retentions(), patient)
    .toEqual([{ namespace: 'shared/memory', days: 30 }]);

  await page.getByRole('button', { name: 'Or begin here' }).click();
  await page.getByRole('button', { name: 'Invite: show the code' }).click(patient);
  const code = await page.locator('.code-block').first().textContent();
  expect(code).toMatch(/^mnemesh-join\./);

  await page.reload();
  await page.getByRole('button', { name: 'End peer links' }).waitFor(patient);
  expect(await ground()).not.toBe(light);

  // The same code brings another browser in.
  const other = await (await bench.person()).open(bench.origin, bench.newMesh(), 'bo');
  await goTo(other, '/settings');
  await other.getByLabel('Code of another device').fill(code ?? '');
  await other.getByRole('button', { name: 'Join peers' }).click();
  await other.getByRole('button', { name: 'End peer links' }).waitFor(patient);
  await goTo(other, '/mesh');
  await other.getByText('WebRTC').first().waitFor(patient);
});

test('a view that cannot be fetched says so, and the others stand', async () => {
  const person = await bench.person({ serviceWorkers: 'block' });
  await person.context.route('**/assets/usage-view*', (route) => route.abort());
  const page = await person.open(bench.origin, bench.newMesh());
  const views = page.getByRole('navigation', { name: 'Views' });
  await views.getByRole('link', { name: 'Usage' }).click();
  await page.getByRole('heading', { name: 'This view cannot be shown' }).waitFor();
  await views.getByRole('link', { name: 'Tasks' }).click();
  await page.getByRole('heading', { name: 'Tasks', level: 1 }).waitFor();
  person.forgive(/ERR_FAILED|dynamically imported module/);
});

test('a conversation is replayed to any moment, with what tools were given and gave', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  const { id } = await agent.conversations.create({ title: 'About paint' });
  await agent.conversations.append(id, [
    { role: 'user', speaker: 'Mira', text: 'Is there paint?', session: 1 },
    { kind: 'tool_call', tool: 'shop.find', args: { what: 'green paint' } },
    { kind: 'tool_result', tool: 'shop.find', result: { tins: 3 } },
    {
      role: 'assistant',
      text: 'Three tins.',
      tokensIn: 1200,
      tokensOut: 34,
      cost: 0.5,
      session: 2,
    },
  ]);
  await agent.acked();
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/conversations');
  await page.getByRole('option', { name: 'About paint' }).click(patient);
  await page.getByText('Three tins.').waitFor();
  await page.getByRole('heading', { name: 'Session 2' }).waitFor();
  await page.getByText('1.2K tokens · $0.50').waitFor();

  const handle = page.getByRole('slider', { name: 'Event' });
  await handle.fill('2');
  await page.getByText('2 of 4').waitFor();
  expect(await page.getByText('Three tins.').count()).toBe(0);
  await page.locator('summary', { hasText: 'shop.find' }).click();
  await page.locator('.tool-text', { hasText: 'green paint' }).waitFor();
  await page.getByRole('button', { name: 'Play' }).click();
  await page.getByText('Three tins.').waitFor(patient);

  // Who reads the end goes on reading it.
  await agent.conversations.append(id, { role: 'user', speaker: 'Mira', text: 'Buy two.' });
  await page.getByText('Buy two.').waitFor(patient);
});

test('an item is found as of a day, and filters narrow what is listed', async () => {
  const mesh = bench.newMesh();
  const agent = await bench.agent(mesh, 'ana');
  await agent.memory.create({ content: 'The ferry is blue.', kind: 'fact', tags: ['paint'] });
  await agent.memory.create({ content: 'We ship on Friday.', kind: 'decision', topic: 'Ship day' });
  await agent.memory.create({ content: 'Green from next year.', validFrom: '2999-01-01' });
  const page = await (await bench.person()).open(bench.origin, mesh);
  await goTo(page, '/memory');
  const list = page.getByRole('listbox', { name: 'Memory items' });
  const shown = () => list.locator('.row-text').allTextContents();
  await expect.poll(async () => (await shown()).length, patient).toBe(3);
  await page.getByLabel('Kind').selectOption('decision');
  await expect.poll(shown).toEqual(['We ship on Friday.']);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.getByLabel('Tag').fill('paint');
  await page.keyboard.press('Enter');
  await expect.poll(shown).toEqual(['The ferry is blue.']);
  await goTo(page, '/memory?topic=ship%20day');
  await expect.poll(shown).toEqual(['We ship on Friday.']);
  await goTo(page, '/memory');
  await page.getByRole('button', { name: 'As of' }).click();
  await page.getByRole('slider', { name: 'Look at the memory' }).fill('0');
  await expect.poll(async () => (await shown()).length).toBe(2);
  expect(await shown()).not.toContain('Green from next year.');
  await page.waitForURL(/asOf=/);
  // A day that the bars do not reach.
  await page.getByLabel('As of the end of').fill('2999-06-01');
  await expect.poll(async () => (await shown()).length).toBe(3);
  await page.waitForURL(/asOf=2999-06-01/);
});
