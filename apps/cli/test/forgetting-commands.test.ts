import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ForgetStatus, MemoryItem } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { type Place, run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

async function place(): Promise<Place> {
  const cwd = await temporaryPlace();
  const env = { MNEMESH_MESH: 'atlas', MNEMESH_AGENT: 'planner', MNEMESH_DATA: cwd };
  return { cwd, env: { ...env, MNEMESH_RELAY: 'none' } };
}

async function remember(at: Place, text: string): Promise<MemoryItem> {
  const { record } = (await run(at, ['remember', text, '--json'])).json<{ record: MemoryItem }>();
  return record;
}

function liesIn(directory: string, text: string): boolean {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .some((path) => statSync(path).isFile() && readFileSync(path).includes(text));
}

test('[DL] memory forget leaves nothing of the item on the disk, and tells who still has to', async () => {
  const at = await place();
  const item = await remember(at, 'the-code-is-4711');
  expect(liesIn(at.cwd, 'the-code-is-4711')).toBe(true);
  const forgot = await run(at, ['memory', 'forget', item.id]);
  expect(forgot.code).toBe(0);
  expect(forgot.err).toContain('nothing of it is left at any of 1 holders');
  expect(liesIn(at.cwd, 'the-code-is-4711')).toBe(false);
  const told = await run(at, ['memory', 'forget', item.id, '--status', '--json']);
  const { status } = told.json<{ status: ForgetStatus }>();
  expect(status.outstanding).toEqual([]);
  const never = await run(at, ['memory', 'forget', '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB', '--status']);
  expect(never).toMatchObject({ code: 3, err: expect.stringContaining('was forgotten') });
});

test('[DL] purge wants the name twice, and then leaves nothing of the namespace', async () => {
  const at = await place();
  await remember(at, 'an-old-thing');
  const refused = await run(at, ['purge', 'shared/memory']);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('mnemesh purge shared/memory --confirm shared/memory');
  expect(liesIn(at.cwd, 'an-old-thing')).toBe(true);
  const purged = await run(at, ['purge', 'shared/memory', '--confirm', 'shared/memory']);
  expect(purged).toMatchObject({ code: 0, out: expect.stringContaining('purged 1 segments') });
  expect(liesIn(at.cwd, 'an-old-thing')).toBe(false);
  expect((await remember(at, 'new')).id).toMatch(/^2\./);
  const status = await run(at, ['purge', 'shared/memory', '--status']);
  expect(status.out).toContain('nothing of it is left at any of 1 holders');
  expect((await run(at, ['purge', 'shared/tasks', '--status'])).out).toContain('never purged');
});

test('retain chooses how many days a namespace keeps what is done with, and lists it', async () => {
  const at = await place();
  expect((await run(at, ['retain'])).err).toContain('everything is kept');
  expect((await run(at, ['retain', 'shared/tasks', '--days', '30'])).out).toContain('30 days');
  expect((await run(at, ['retain', '--json'])).json()).toEqual({
    retentions: [{ namespace: 'shared/tasks', days: 30 }],
  });
  expect((await run(at, ['retain', 'shared/tasks', '--forever'])).code).toBe(0);
  expect((await run(at, ['retain', '--json'])).json()).toEqual({ retentions: [] });
  expect((await run(at, ['retain', 'shared/tasks'])).code).toBe(2);
  expect((await run(at, ['retain', '--days', '3'])).code).toBe(2);
});
