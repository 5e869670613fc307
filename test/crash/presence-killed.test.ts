import type { Mesh } from '@mnemesh/core';
import { limits } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { startRelay, startReplica, temporaryDirectory } from '../integration/place.js';
import type { WriterPlace } from '../processes/messages.js';
import { Child } from './child.js';

/** Presence may last its limit, and a machine under load be late. */
const PATIENCE_MS = 4 * limits.presenceLastsMs;

async function namesAt(mesh: Mesh): Promise<readonly string[]> {
  return (await mesh.presence.list()).map(({ name }) => name);
}

test('a session whose process is killed with -9 is gone for the others', {
  timeout: PATIENCE_MS + 60_000,
}, async () => {
  const relay = await startRelay(await temporaryDirectory());
  const peer = await startReplica(await temporaryDirectory(), 'peer', relay.url);
  const place: WriterPlace = {
    directory: await temporaryDirectory(),
    name: 'mortal',
    agentSeed: '5a'.repeat(32),
    url: relay.url,
    plan: [{ kind: 'create', count: 1, bytes: 40, until: 'saved' }],
  };
  const mortal = Child.start({ entry: 'writer', place });
  await expect.poll(() => namesAt(peer), { timeout: 60_000 }).toEqual(['mortal', 'peer']);
  await mortal.kill();
  await expect.poll(() => namesAt(peer), { timeout: PATIENCE_MS, interval: 500 }).toEqual(['peer']);
});
