import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, type Mesh, patient } from './console-bench.js';

const bench = benchConsole();
const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** What of the page keeps people out, by the rules of WCAG 2.1 AA and the best practices. */
async function violations(page: Page): Promise<readonly string[]> {
  const { violations: found } = (await page.evaluate('axe.run(document)')) as {
    readonly violations: readonly Violation[];
  };
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('\n')}`);
}

/** A little of everything that a view can show. */
async function fill(
  agent: Mesh,
): Promise<Readonly<Record<'item' | 'task' | 'talk' | 'tool', string>>> {
  const first = await agent.memory.create({ content: 'Blue.', topic: 'colour', pinned: true });
  const item = await agent.memory.create({
    content: 'The ferry is green.',
    kind: 'decision',
    topic: 'colour',
    tags: ['paint'],
    sources: ['https://harbour.example/paint'],
    supersedes: [first.id],
  });
  const base = await agent.tasks.create({ title: 'Buy paint', priority: 0, tags: ['paint'] });
  const task = await agent.tasks.create({
    title: 'Paint the ferry',
    priority: 2,
    dependencies: [{ type: 'blocks', on: base.id }],
  });
  await agent.tasks.claim(base.id);
  await agent.tasks.comment(task.id, 'Once it is dry.');
  const talk = await agent.conversations.create({ title: 'About paint', participants: ['ana'] });
  await agent.conversations.append(talk.id, [
    { role: 'user', speaker: 'ana', text: 'Is there paint?', session: 1 },
    { kind: 'tool_call', tool: 'shop.find', args: { what: 'paint' } },
    { kind: 'tool_result', tool: 'shop.find', result: { found: 3 } },
    {
      role: 'assistant',
      text: 'Three tins.',
      model: 'large',
      tokensIn: 1200,
      tokensOut: 34,
      cost: 0.01,
    },
  ]);
  await agent.sessions.begin({ title: 'Paints' });
  const tool = await agent.tools.create({ tool: 'crane', state: { load: 3 } });
  await agent.acked();
  return { item: item.id, task: task.id, talk: talk.id, tool: tool.id };
}

async function contradict(one: Mesh, other: Mesh): Promise<void> {
  for (const mesh of [one, other]) mesh.setOffline(true);
  await one.memory.create({ content: 'On Friday.', topic: 'ship day' });
  await other.memory.create({ content: 'On Monday.', topic: 'ship day' });
  for (const mesh of [one, other]) mesh.setOffline(false);
}

const views = ({ item, task, talk, tool }: Awaited<ReturnType<typeof fill>>) =>
  [
    ['/mesh', '.node-relay'],
    ['/memory', '.row-item'],
    ['/memory?q=ferry', '.row-why'],
    [`/memory/item/${item}`, '.lineage'],
    ['/memory/new', 'textarea'],
    [`/memory/record/tool/${tool}?in=shared/tools`, '.facts'],
    ['/memory/conflicts', 'form.conflict'],
    ['/tasks', '.card'],
    [`/tasks/task/${task}`, '.log'],
    ['/tasks/graph', '.box'],
    [`/conversations/${talk}`, '.event'],
    ['/conversations/sessions', '.table'],
    ['/usage', '.plot'],
    ['/settings', 'meter'],
  ] as const;

/** The page as it is once everything has come. */
async function show(page: Page, path: string, mark: string): Promise<void> {
  await page.evaluate((to) => history.pushState(null, '', to), path);
  await page.locator(mark).first().waitFor(patient);
}

for (const colorScheme of ['light', 'dark'] as const) {
  test(`no view keeps anybody out, ${colorScheme}`, async () => {
    const mesh = bench.newMesh();
    const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
    const filled = await fill(ana);
    await contradict(ana, bo);
    const person = await bench.person({ colorScheme });
    // The page's policy lets no other script in; a test's reaches around it.
    await person.context.addInitScript({ content: await axeSource });
    const page = await person.context.newPage();
    await page.goto(`${bench.origin}/#mesh=${mesh}&name=mira`);
    await page.getByRole('button', { name: 'Open' }).waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('Synced', { exact: true }).first().waitFor(patient);
    for (const [path, mark] of views(filled)) {
      await show(page, path, mark);
      expect([path, await violations(page)]).toEqual([path, []]);
    }
    await page.keyboard.press('?');
    await page.getByRole('dialog').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').waitFor();
    expect(await violations(page)).toEqual([]);
  });
}

test('on a phone no view scrolls sideways, and all of them can be reached', async () => {
  const mesh = bench.newMesh();
  const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
  const filled = await fill(ana);
  await contradict(ana, bo);
  const person = await bench.person({ viewport: { width: 390, height: 844 }, hasTouch: true });
  const page = await person.open(bench.origin, mesh);
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  for (const [path, mark] of views(filled)) {
    await show(page, path, mark);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect([path, width]).toEqual([path, 390]);
    const beyond = await page.evaluate(() =>
      [...document.querySelectorAll('.view-head > *, .detail > *, .page > *')]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => element.outerHTML.slice(0, 120)),
    );
    expect([path, beyond]).toEqual([path, []]);
  }
  for (const name of ['Mesh', 'Memory', 'Tasks', 'Conversations', 'Usage', 'Settings']) {
    await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name }).click();
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  }
});

test('usage sums up tokens and cost by model, agent and day', async () => {
  const mesh = bench.newMesh();
  const [ana, bo] = [await bench.agent(mesh, 'ana'), await bench.agent(mesh, 'bo')];
  const talk = await ana.conversations.create({ title: 'Long' });
  await ana.conversations.append(talk.id, [
    {
      text: 'a',
      model: 'large',
      tokensIn: 1000,
      tokensOut: 10,
      cost: 0.5,
      at: '2026-03-01T10:00Z',
    },
    { text: 'b', model: 'small', tokensIn: 200, tokensOut: 2, cost: 0.25, at: '2026-03-02T10:00Z' },
    { text: 'not counted' },
  ]);
  const other = await bo.conversations.create({ title: 'Short' });
  await bo.conversations.append(other.id, [
    { text: 'c', model: 'large', tokensIn: 3, tokensOut: 4, cost: 1, at: '2026-03-02T11:00Z' },
  ]);
  const page = await (await bench.person()).open(bench.origin, mesh);
  await page.evaluate(() => history.pushState(null, '', '/usage'));
  const sums = async (dimension: string): Promise<readonly string[]> =>
    (
      await page
        .locator(`[data-sums=${dimension}] tbody tr`)
        .all()
        .then((rows) => Promise.all(rows.map((row) => row.locator('th, td').allTextContents())))
    ).map((cells) => cells.join(' | '));
  await expect
    .poll(() => sums('model'), patient)
    .toEqual(['large | 1,003 | 14 | $1.50', 'small | 200 | 2 | $0.25']);
  await expect
    .poll(() => sums('agent'), patient)
    .toEqual(['bo | 3 | 4 | $1.00', 'ana | 1,200 | 12 | $0.75']);
  expect(await sums('day')).toEqual(['Mar 2 | 203 | 6 | $1.25', 'Mar 1 | 1,000 | 10 | $0.50']);
  expect(await page.locator('[data-sums=day] tfoot td').allTextContents()).toEqual([
    '1,203',
    '16',
    '$1.75',
  ]);
});
