import { describe, expect, test } from 'vitest';
import { importBeads } from '../src/beads/import-beads.js';
import { type AnyIssue, plainIssue } from './beads-issues.js';
import { exported, importIssues, openPlace, taskNamed } from './open-place.js';

const second: AnyIssue = { id: 'tm-2', title: 'Read the gauge', status: 'open', priority: 1 };

describe('importing a file again', () => {
  test('[ID] changes nothing when nothing changed', async () => {
    const mesh = await openPlace();
    expect(await importIssues(mesh, [plainIssue, second])).toMatchObject({
      created: 2,
      updated: 0,
      unchanged: 0,
    });
    const before = await taskNamed(mesh, 'tm-1');
    expect(await importIssues(mesh, [plainIssue, second])).toMatchObject({
      created: 0,
      updated: 0,
      unchanged: 2,
    });
    expect(await taskNamed(mesh, 'tm-1')).toEqual(before);
  });

  test('brings every kind of change of a line, and only of that line', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue, second]);
    const changed: AnyIssue = {
      ...plainIssue,
      title: 'Show the tide and the moon',
      status: 'closed',
      priority: 0,
      closed_at: '2025-06-01T00:00:00Z',
      close_reason: 'Released.',
      updated_at: '2025-06-01T00:00:00Z',
      labels: ['night-watch', 'moon'],
      dependencies: (plainIssue.dependencies as AnyIssue[]).slice(1),
      comments: [
        ...(plainIssue.comments as AnyIssue[]),
        { id: 5, author: 'ines', text: 'Done.', created_at: '2025-06-01T00:00:00Z' },
      ],
      brand_new: { field: true },
    };
    expect(await importIssues(mesh, [changed, second])).toMatchObject({
      created: 0,
      updated: 1,
      unchanged: 1,
    });
    expect(await exported(mesh)).toEqual([changed, second]);
    expect(await importIssues(mesh, [changed, second])).toMatchObject({ updated: 0, unchanged: 2 });
  });

  test('takes away the fields that a line no longer has', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const {
      description: _,
      priority: __,
      labels: ___,
      comments: ____,
      dependencies: _____,
      ...less
    } = plainIssue;
    expect(await importIssues(mesh, [less as AnyIssue])).toMatchObject({ updated: 1 });
    expect(await exported(mesh)).toEqual([less]);
    expect(await importIssues(mesh, [less as AnyIssue])).toMatchObject({
      updated: 0,
      unchanged: 1,
    });
    expect(await importIssues(mesh, [plainIssue])).toMatchObject({ updated: 1 });
    expect(await exported(mesh)).toEqual([plainIssue]);
  });

  test('leaves an edit made here until the line changes the same field', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const { id } = await taskNamed(mesh, 'tm-1');
    await mesh.tasks.update(id, {
      priority: 0,
      notes: 'asked the pilots',
      tags: { add: ['mine'] },
    });

    const retitled = { ...plainIssue, title: 'Another title', labels: ['ui'] };
    await importIssues(mesh, [retitled]);
    const kept = await taskNamed(mesh, 'tm-1');
    expect(kept).toMatchObject({ title: 'Another title', priority: 0, notes: 'asked the pilots' });
    expect([...kept.tags].sort()).toEqual(['mine', 'ui']);

    await importIssues(mesh, [{ ...retitled, priority: 4 }]);
    expect(await mesh.tasks.get(id)).toMatchObject({
      priority: 4,
      notes: 'asked the pilots',
      conflicts: [],
    });
  });

  test('finds a task whose month of creation was corrected', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    const corrected = { ...plainIssue, created_at: '2024-12-31T23:00:00Z' };
    expect(await importIssues(mesh, [corrected])).toMatchObject({ created: 0, updated: 1 });
    expect(await exported(mesh)).toEqual([corrected]);
  });
});

describe('a file with faults', () => {
  test('each bad record is named by its line; the rest is imported', async () => {
    const mesh = await openPlace();
    const lines = [
      `\ufeff${JSON.stringify(plainIssue)}`,
      '',
      '{"id":"tm-5","title":',
      '["no object"]',
      '{"title":"no id"}',
      '{"id":"tm-6"}',
      '{"id":"tm-7","title":""}',
      JSON.stringify({ ...second, title: 'the same id again', id: 'tm-1' }),
      JSON.stringify({ ...second, description: 'x'.repeat(2_000_000) }),
      `${JSON.stringify(second)}\r`,
    ];
    const report = await importBeads(mesh.tasks, lines);
    expect(report).toMatchObject({ lines: 9, created: 1 });
    expect(report.bad.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
    expect(report.bad.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('is no JSON'),
      expect.stringContaining('is no JSON object'),
      expect.stringContaining('has no "id"'),
      expect.stringContaining('has no "title"'),
      expect.stringContaining('has no "title"'),
      expect.stringContaining('repeats the id of line 1'),
      expect.stringMatching(/large|long|bytes/),
      expect.stringContaining('repeats the id of line 9'),
    ]);
    expect(report.bad[6]).toMatchObject({ id: 'tm-2' });
    expect(await exported(mesh)).toEqual([plainIssue]);
  });

  test('a dependency on a task that nobody has is kept and reported', async () => {
    const mesh = await openPlace();
    const report = await importIssues(mesh, [plainIssue, second]);
    expect(report.dependencies).toBe(2);
    expect(report.dangling).toEqual([{ task: 'tm-1', type: 'parent-child', on: 'tm-3' }]);
    expect((await exported(mesh))[0]).toEqual(plainIssue);
    // It is there by now, though not in this file.
    await importIssues(mesh, [{ ...second, id: 'tm-3' }]);
    expect((await importIssues(mesh, [plainIssue, second])).dangling).toEqual([]);
  });

  test('[DL] leaves forgotten what somebody forgot, and imports the rest', async () => {
    const mesh = await openPlace();
    await importIssues(mesh, [plainIssue]);
    await mesh.tasks.forget((await taskNamed(mesh, 'tm-1')).id);
    expect(await importIssues(mesh, [plainIssue, second])).toMatchObject({
      created: 1,
      forgotten: 1,
      bad: [],
    });
    expect(await mesh.tasks.getByRef('beads:tm-1')).toBeUndefined();
  });

  test('more lines than one chunk are imported and reported on the way', async () => {
    const mesh = await openPlace();
    const many = Array.from({ length: 1200 }, (_, i) =>
      JSON.stringify({ ...second, id: `tm-${i}` }),
    );
    const seen: number[] = [];
    const report = await importBeads(mesh.tasks, many, (count) => seen.push(count));
    expect(report).toMatchObject({ created: 1200, bad: [] });
    expect(seen).toEqual([500, 1000]);
    expect(await mesh.tasks.count()).toBe(1200);
  });
});
