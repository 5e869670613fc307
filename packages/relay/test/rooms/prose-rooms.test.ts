import { closeCodes } from '@mnemesh/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RelayBench } from '../relay-bench.js';
import { RoomClient } from './room-client.js';

const DOCUMENT = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB';

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
