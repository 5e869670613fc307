import { readFileSync } from 'node:fs';
import { canonicalJson } from '@mnemesh/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { importBeads } from '../src/beads/import-beads.js';
import { beadsLines } from '../src/commands/export.js';
import { sampleTasks } from '../src/demo/sample.js';
import { type AnyIssue, anyIssues, plainIssue } from './beads-issues.js';
import { exported, importIssues, openPlace, taskNamed } from './open-place.js';

const RUNS = 8;
const LINES = 60;

function lines(issues: readonly AnyIssue[]): readonly string[] {
  return [...issues].sort((a, b) => (a.id < b.id ? -1 : 1)).map(canonicalJson);
}

describe('what was imported and not edited', () => {
  test('is exported line by line as it came, whatever the lines hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyIssues(LINES), async (issues) => {
        const mesh = await openPlace();
        const report = await importIssues(mesh, issues);
        expect(report).toMatchObject({ created: issues.length, bad: [] });
        expect(await beadsLines(mesh)).toEqual(lines(issues));
        expect(await importIssues(mesh, issues)).toMatchObject({
          created: 0,
          updated: 0,
          unchanged: issues.length,
        });
        await mesh.close();
      }),
      { numRuns: RUNS },
    );
  });

  test('comes back from the sample that ships with the project', async () => {
    const text = readFileSync(sampleTasks, 'utf8').trim().split('\n');
    const mesh = await openPlace();
    const report = await importBeads(mesh.tasks, text);
    expect(report).toMatchObject({ lines: text.length, created: text.length, bad: [] });
    expect(report.dangling).toEqual([
      expect.objectContaining({ on: 'tm-gone', type: 'discovered-from' }),
    ]);
    expect(await beadsLines(mesh)).toEqual(lines(text.map((line) => JSON.parse(line) as AnyIssue)));
  });

  test.each<[string, Partial<AnyIssue>]>([
    [
      'names that reach a prototype',
      JSON.parse('{"__proto__":{"x":1},"constructor":"c","deep":{"__proto__":2}}'),
    ],
    ['half a surrogate pair', { notes: 'broken \ud83c', custom: ['\udf0a'] }],
    ['a title longer than a task may have', { title: 'x'.repeat(700) }],
    ['labels twice, out of order, and no texts', { labels: ['b', 'a', 'b', 7, '', null] }],
    ['empty lists', { labels: [], dependencies: [], comments: [] }],
    [
      'the same dependency twice, and a malformed one',
      {
        dependencies: [
          { depends_on_id: 'tm-2', type: 'blocks', n: 1 },
          'tm-3',
          { depends_on_id: 'tm-2', type: 'blocks', n: 2 },
          { depends_on_id: 'tm-3', type: 'blocks' },
        ],
      },
    ],
    ['a comment of another shape', { comments: [{ author: 'ines', text: 'no time' }] }],
    ['a status of another tracker', { status: 'pinned' }],
    ['no status', { status: undefined as never }],
    ['nulls', { description: null, priority: null, status: null, labels: null, comments: null }],
    ['numbers that are no priority', { priority: 12, estimate: 1.5e300, minus: -0.25 }],
  ])('keeps %s', async (_, odd) => {
    const issue = JSON.parse(JSON.stringify({ ...plainIssue, ...odd })) as AnyIssue;
    const mesh = await openPlace();
    expect((await importIssues(mesh, [issue])).bad).toEqual([]);
    expect(await beadsLines(mesh)).toEqual([canonicalJson(issue)]);
  });
});

describe('an imported task', () => {
  test('has what the tracker knew in its own fields', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const task = await taskNamed(mesh, 'tm-1');
    expect(task).toMatchObject({
      title: 'Show the tide on the bridge screen',
      status: 'working',
      priority: 2,
      tags: ['night-watch', 'ui'],
      comments: [{ author: 'tomas', text: 'Seen twice.', at: '2025-03-03T09:00:00Z' }],
    });
    expect(task.dependencies.map(({ type, on }) => `${type} ${on}`).sort()).toEqual([
      'blocks beads:tm-2',
      'parent-child beads:tm-3',
    ]);
  });

  test.each([
    ['open', 'submitted'],
    ['hooked', 'submitted'],
    ['in_progress', 'working'],
    ['blocked', 'input_required'],
    ['closed', 'completed'],
    ['tombstone', 'canceled'],
  ])('that is %s there is %s here', async (word, state) => {
    const mesh = await openPlace();
    await importIssues(mesh, [{ ...plainIssue, status: word }]);
    expect((await taskNamed(mesh, 'tm-1')).status).toBe(state);
  });

  test('has the same id wherever it is imported', async () => {
    const [here, there] = [await openPlace(), await openPlace()];
    await importIssues(here, [plainIssue]);
    await importIssues(there, [plainIssue]);
    expect((await taskNamed(here, 'tm-1')).id).toBe((await taskNamed(there, 'tm-1')).id);
  });
});

describe('an edit made here', () => {
  test('shows in its field and in updated_at, and nowhere else', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const { id } = await taskNamed(mesh, 'tm-1');
    const { updatedAt } = await mesh.tasks.update(id, {
      priority: 0,
      tags: { add: ['urgent'], remove: ['ui'] },
    });
    expect(await exported(mesh)).toEqual([
      { ...plainIssue, priority: 0, labels: ['night-watch', 'urgent'], updated_at: updatedAt },
    ]);
  });

  test('that is taken back leaves the line as it came', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const { id } = await taskNamed(mesh, 'tm-1');
    await mesh.tasks.update(id, { title: 'Another title' });
    await mesh.tasks.update(id, { title: plainIssue.title as string });
    expect(await exported(mesh)).toEqual([plainIssue]);
  });

  test('of the status brings what the tracker demands beside it', async () => {
    const mesh = await openPlace();
    const gone = {
      ...plainIssue,
      id: 'tm-9',
      status: 'tombstone',
      deleted_at: '2025-04-01T00:00:00Z',
      deleted_by: 'ines',
    };
    await importIssues(mesh, [plainIssue, gone]);
    const done = await mesh.tasks.update((await taskNamed(mesh, 'tm-1')).id, {
      status: 'completed',
    });
    const { id } = await taskNamed(mesh, 'tm-9');
    await mesh.tasks.updateImported(id, { status: 'submitted' });
    const [closed, reopened] = await exported(mesh);
    expect(closed).toMatchObject({ status: 'closed', closed_at: done.updatedAt });
    expect(reopened).toMatchObject({ status: 'open' });
    expect(Object.keys(reopened ?? {})).not.toContain('deleted_at');
  });

  test('adds a dependency after those that came, and removes one without moving the rest', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const task = await taskNamed(mesh, 'tm-1');
    const blocks = task.dependencies.filter(({ type }) => type === 'blocks');
    await mesh.tasks.update(task.id, {
      dependencies: { add: [{ type: 'blocks', on: 'beads:tm-8' }], remove: blocks },
    });
    const [issue] = await exported(mesh);
    expect(issue?.dependencies).toEqual([
      (plainIssue.dependencies as readonly unknown[])[1],
      { issue_id: 'tm-1', depends_on_id: 'tm-8', type: 'blocks' },
    ]);
  });

  test('a task made here is a line the tracker can read', async () => {
    const mesh = await openPlace();
    const task = await mesh.tasks.create({ title: 'Made here', status: 'completed', tags: ['a'] });
    expect(await exported(mesh)).toEqual([
      {
        id: `mnemesh-${task.id.replace('.', '-').toLowerCase()}`,
        title: 'Made here',
        status: 'closed',
        issue_type: 'task',
        labels: ['a'],
        created_at: task.createdAt,
        updated_at: task.updatedAt,
        closed_at: task.updatedAt,
      },
    ]);
  });
});
