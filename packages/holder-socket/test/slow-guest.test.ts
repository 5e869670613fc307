import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { type Mesh, sessionOf } from '@mnemesh/core';
import { Holder } from '@mnemesh/holder';
import { expect, onTestFinished, test } from 'vitest';
import { MessagePipe } from '../src/message-pipe.js';
import { agentNamed, placeOf, runtime, sharedOptions, temporaryPlace } from './shared-place.js';
import { hello, Stranger } from './stranger.js';

/** A holder of which the test has each guest's socket, and the holder's own session. */
async function holderWithSockets(data: string): Promise<{ mesh: Mesh; sockets: Socket[] }> {
  const { openReplica } = await sharedOptions(data, 'planner');
  const replica = await openReplica();
  const limits = { unreadBytes: 1_000 };
  const holder = new Holder({ replica, pid: process.pid, agentNamed, runtime, limits });
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    holder.accept((options) => new MessagePipe(socket, options));
  });
  const { path, directory } = placeOf(data);
  mkdirSync(directory as string, { recursive: true, mode: 0o700 });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    server.close();
    await holder.close();
    await replica.close();
  });
  return { mesh: sessionOf(replica, await agentNamed('planner')), sockets };
}

test('a guest that is told much and reads nothing is waited for once, and served when it has read [BD]', async () => {
  const data = await temporaryPlace();
  const { mesh, sockets } = await holderWithSockets(data);
  const guest = new Stranger(data);
  guest.say(hello);
  await guest.hears('welcome');
  const namespace = 'shared/memory';
  guest.say({ type: 'watch', id: 1, method: 'memory.watch', namespace, args: [], again: false });
  await guest.hears('answer');
  guest.pause();
  for (let n = 0; n < 20; n++) await mesh.memory.create({ content: `${n} ${'x'.repeat(100_000)}` });
  const [socket] = sockets as [Socket];
  expect(socket.writableLength).toBeGreaterThan(1_000_000);
  expect(socket.listenerCount('drain')).toBe(1);

  guest.resume();
  guest.say({ type: 'call', id: 2, seen: 0, method: 'memory.count', namespace, args: [] });
  await expect.poll(() => guest.answers.find(({ id }) => id === 2)).toMatchObject({ value: 20 });
  expect(guest.answers.filter(({ type }) => type === 'news')).toHaveLength(20);
});
