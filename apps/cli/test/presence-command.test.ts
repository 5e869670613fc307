import type { PresentSession } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { expect, onTestFinished, test, vi } from 'vitest';
import { run, startRelay } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

// Processes are started, on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 60_000 });

test('presence lists who is here and what they do, and no commands', async () => {
  const { url } = await startRelay({ cwd: await temporaryPlace() });
  const data = await temporaryPlace();
  const mesh = await openMesh({ mesh: 'atlas', agent: 'planner', relay: url, data });
  onTestFinished(() => mesh.close());
  await mesh.presence.set({ status: 'plans the release' });
  const place = {
    cwd: await temporaryPlace(),
    env: { MNEMESH_AGENT: 'reader', MNEMESH_RELAY: url, MNEMESH_MESH: 'atlas' },
  };
  const { out, code } = await run(place, ['presence', '--wait', '60']);
  expect(code).toBe(0);
  expect(out).toMatch(/^planner\/.*agent, session [0-9a-f]{8}, since .*\n {2}plans the release\n$/);
  const listed = (await run(place, ['presence', '--wait', '60', '--json'])).json<{
    readonly sessions: readonly PresentSession[];
  }>();
  expect(listed.sessions).toMatchObject([{ name: 'planner', session: mesh.session }]);
});
