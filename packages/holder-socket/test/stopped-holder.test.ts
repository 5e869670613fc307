import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { holderLimits } from '@mnemesh/holder';
import { expect, onTestFinished, test } from 'vitest';
import { openAt, placeOf, sharedOptions, temporaryPlace } from './shared-place.js';

/** Takes every connection at the place of a holder and says nothing, as a process that was stopped. */
async function stoppedHolder(data: string): Promise<void> {
  const { path, directory } = placeOf(data);
  mkdirSync(directory as string, { recursive: true, mode: 0o700 });
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
}

test('the time that a silent holder takes counts: whoever opens is soon told that the store is in use [BD]', async () => {
  const data = await temporaryPlace();
  const { openReplica } = await sharedOptions(data, 'planner');
  const held = await openReplica();
  onTestFinished(() => held.close());
  await stoppedHolder(data);
  let tries = 0;
  const opening = openAt(data, 'ann', {
    limits: { ...holderLimits, helloMs: 50, joinMs: 100, lookMs: 1, longestLookMs: 1 },
    openReplica: () => {
      tries += 1;
      return openReplica();
    },
  });
  await expect(opening).rejects.toMatchObject({ code: 'store_in_use' });
  expect(tries).toBeLessThanOrEqual(3);
});
