import type { AuditRecord, Conflict, ContextPack, Lineage, MemoryItem } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { type Place, run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

async function place(agent = 'planner'): Promise<Place> {
  const cwd = await temporaryPlace();
  return { cwd, env: { MNEMESH_MESH: 'atlas', MNEMESH_AGENT: agent, MNEMESH_DATA: cwd } };
}

async function remember(at: Place, ...args: readonly string[]): Promise<MemoryItem> {
  const { record } = (await run(at, ['remember', ...args, '--json'])).json<{
    record: MemoryItem;
  }>();
  return record;
}

describe('remember', () => {
  test('tells what says nearly the same and what it contradicts, and how to settle it', async () => {
    const at = await place();
    const first = await remember(at, 'We ship the release on Friday', '--topic', 'release');
    const second = await run(at, [
      'remember',
      'We ship the release on Monday',
      '--topic',
      'release',
    ]);
    expect(second.code).toBe(0);
    expect(second.err).toContain(`71 % alike: ${first.id}`);
    expect(second.err).toMatch(/contradicts \(mnemesh conflicts resolve [0-9a-f]{8}\)/);

    const listed = await run(at, ['conflicts', 'list', '--json']);
    const [conflict] = listed.json<{ conflicts: Conflict[] }>().conflicts;
    expect((await run(at, ['conflicts', 'list'])).out).toMatch(/release in shared\/memory {2}open/);
    const id = conflict?.id as string;
    const args = ['conflicts', 'resolve', id.slice(0, 10)];
    expect((await run(at, args)).code).toBe(2);
    expect((await run(at, [...args, '--keep', '3'])).code).toBe(2);
    const settled = await run(at, [...args, '--keep', '2', '--reason', 'Ann said so']);
    expect(settled).toMatchObject({ code: 0, err: expect.stringContaining('saved here') });
    expect((await run(at, ['conflicts', 'list'])).err).toContain('Nothing is in conflict.');
    const [audit] = (await run(at, ['audit', '--json'])).json<{ audit: AuditRecord[] }>().audit;
    expect(audit).toMatchObject({ id, decisions: [{ reason: 'Ann said so' }] });
    expect((await run(at, ['audit'])).out).toContain('"Ann said so"');
    expect((await run(at, [...args, '--keep', '1'])).code).toBe(3);
  });

  test('makes a new version of what it supersedes, which memory show follows both ways', async () => {
    const at = await place();
    const first = await remember(at, 'One', '--valid-from', '2026-01-01', '--importance', '0.5');
    const second = await remember(at, 'Two', '--supersedes', first.id, '--pinned');
    const shown = await run(at, ['memory', 'show', first.id]);
    expect(shown.out).toMatch(/valid +2026-01-01 to …/);
    expect(shown.out).toMatch(new RegExp(`replaced by {2}${second.id}`));
    expect(shown.out).toMatch(/by agent planner\//);
    const lineage = (await run(at, ['memory', 'show', second.id, '--json'])).json<Lineage>();
    expect(lineage.supersedes).toMatchObject([{ id: first.id }]);
    const forgot = await run(at, ['memory', 'forget', first.id]);
    expect(forgot.err).toContain(second.id);
    const gone = await run(at, ['memory', 'show', first.id]);
    expect(gone).toMatchObject({ code: 3, err: expect.stringContaining(second.id) });
    const pack = (await run(at, ['context', '--budget', '200', '--json'])).json<ContextPack>();
    expect(pack.sections.pinned).toMatchObject([{ id: second.id }]);
    expect((await run(at, ['context'])).out).toContain('## Pinned');
  });

  test.each([
    [['x', '--valid-from', 'soon']],
    [['x', '--valid-from', '2026-02-01', '--valid-to', '2026-01-01']],
    [['x', '--importance', '2']],
    [['x', '--sensitivity', 'dark']],
    [['x', '--supersedes', 'nothing']],
  ])('refuses %j, and says why', async (args) => {
    const ran = await run(await place(), ['remember', ...args]);
    expect([ran.code, ran.out]).toEqual([2, '']);
    expect(ran.err).toContain('mnemesh:');
  });
});

test('a policy is chosen for the mesh and listed; a bad choice changes nothing', async () => {
  const at = await place();
  await remember(at, 'Anything');
  expect((await run(at, ['policy', 'list'])).err).toContain('everything merges');
  expect((await run(at, ['policy', 'set', 'shared/memory', 'authority-wins'])).code).toBe(2);
  expect((await run(at, ['policy', 'set', 'shared/memory', 'sometimes'])).code).toBe(2);
  const args = ['policy', 'set', 'shared/memory', 'authority-wins', '--authority'];
  expect((await run(at, [...args, 'nobody'])).code).toBe(3);
  expect((await run(at, [...args, 'planner'])).code).toBe(0);
  expect((await run(at, ['policy', 'list'])).out).toMatch(
    /^shared\/memory {2}\* {2}authority-wins {2}planner\//,
  );
});

test('init --human makes a person’s key, which stays one; a program’s key never becomes one', async () => {
  const at = await place('ann');
  const made = await run(at, ['init', '--human', '--json']);
  expect(made.json<{ kind: string }>().kind).toBe('human');
  expect((await remember(at, 'From me')).authorKind).toBe('human');
  expect((await run(at, ['init', '--force'])).out).toContain('of ann (human)');
  const agent = { ...at, env: { ...at.env, MNEMESH_AGENT: 'bot' } };
  expect((await remember(agent, 'From it')).authorKind).toBe('agent');
  expect((await run(agent, ['init', '--human', '--force'])).err).toContain('already_exists');
});
