import { closeCodes } from '@mnemesh/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RelayBench } from '../relay-bench.js';
import { notes, segmentOf, Writer } from '../scripted-replica.js';
import { RoomClient } from './room-client.js';

const DOCUMENT = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB';
const text = segmentOf('shared/prose', 'p1-01jd6q0s5xn4m8rz3v7k2t9ywb');

let bench: RelayBench;

beforeEach(async () => {
  bench = await RelayBench.start();
});

afterEach(() => bench.close());

function client(): RoomClient {
  return new RoomClient((run) => bench.time.after(0, run));
}

test('[BD] whoever names a mesh that nobody brought leaves nothing of it at the relay', async () => {
  const stranger = client().join(bench.relay.prose, `made-up/${DOCUMENT}`);
  await bench.settle();
  expect(stranger.closed).toMatchObject({ code: closeCodes.notHere });
  expect(bench.relay.status().meshes).toEqual([]);
});

test('[ND] who joins while the mesh fails is sent away, and is served when it comes again', async () => {
  const ann = await bench.join();
  ann.push(text, new Writer(text, 11).write(1));
  await bench.settle();
  await bench.restart();
  bench.faults.holdStates = true;
  const early = client().join(bench.relay.prose, `demo/${DOCUMENT}`);
  await bench.settle();
  const bob = await bench.join();
  bench.faults.holdStates = false;
  bench.faults.failNextAppend = true;
  bob.push(notes, new Writer(notes, 12).write(1));
  await bench.settle();
  bench.release();
  await bench.settle();
  expect(early.closed).toMatchObject({ code: closeCodes.overloaded });
  const later = client().join(bench.relay.prose, `demo/${DOCUMENT}`);
  await bench.settle();
  expect(later.closed).toBeUndefined();
  expect(later.synced).toBe(true);
});
