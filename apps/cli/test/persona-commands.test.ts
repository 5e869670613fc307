import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Persona, SessionRecord } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { expect, test, vi } from 'vitest';
import { run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

async function place() {
  const cwd = await temporaryPlace();
  const env = { MNEMESH_AGENT: 'ana', MNEMESH_MESH: 'atlas', MNEMESH_DATA: join(cwd, 'data') };
  return { cwd, env };
}

test('a persona is written from a file, listed, changed and shown', async () => {
  const at = await place();
  await writeFile(join(at.cwd, 'reviewer.md'), 'Read the patch.\nSay what is missing.\n');
  const added = await run(at, ['persona', 'add', 'reviewer', '--instructions', 'reviewer.md']);
  expect(added).toMatchObject({ code: 0, out: 'reviewer\n' });
  await run(at, ['persona', 'add', 'reviewer', '--description', 'Reads patches']);
  expect((await run(at, ['persona', 'list'])).out).toBe('reviewer  Reads patches\n');
  const shown = await run(at, ['persona', 'show', 'reviewer']);
  expect(shown.out).toMatch(
    /ana\/[0-9a-f]{8}\n\n {2}Read the patch\.\n {2}Say what is missing\.\n$/,
  );
  const listed = (await run(at, ['persona', 'list', '--json'])).json<{
    readonly personas: readonly Persona[];
  }>();
  expect(listed.personas).toHaveLength(1);
});

test('a persona without instructions, or of an unknown name, is refused with what to do', async () => {
  const at = await place();
  const bare = await run(at, ['persona', 'add', 'reviewer']);
  expect(bare.code).not.toBe(0);
  expect(bare.err).toMatch(/--instructions FILE/);
  const unknown = await run(at, ['persona', 'show', 'nobody']);
  expect(unknown.code).not.toBe(0);
  expect(unknown.err).toMatch(/persona list/);
});

test('sessions that were written down are listed with what they were for', async () => {
  const at = await place();
  const mesh = await openMesh({ mesh: 'atlas', agent: 'bo', data: at.env.MNEMESH_DATA });
  await mesh.personas.create({ name: 'reviewer', instructions: 'Read the patch.' });
  await mesh.sessions.begin({ title: 'The pump patch', persona: 'reviewer' });
  await mesh.sessions.end();
  await mesh.close();
  const { out } = await run(at, ['session', 'list']);
  expect(out).toMatch(/^\S+Z {2}\S+Z {2}bo\/[0-9a-f]{8} as reviewer {2}The pump patch\n$/);
  const { sessions } = (await run(at, ['session', 'list', '--json'])).json<{
    readonly sessions: readonly SessionRecord[];
  }>();
  expect(sessions).toMatchObject([{ title: 'The pump patch' }]);
});
