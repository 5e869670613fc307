import { basename, join } from 'node:path';
import type { Mesh } from '@mnemesh/core';
import { beforeAll, describe, expect, test } from 'vitest';
import { startReplica, temporaryDirectory } from '../integration/place.js';
import type { Flushing, Step } from '../processes/messages.js';
import { ackPromises } from './ack-promises.js';
import { savedPromises } from './saved-promises.js';
import { ensureStrace, realDirectory, trace } from './strace.js';
import type { Syscall } from './syscalls.js';
import { givenTooEarly, type Promised, WalHistory } from './wal-history.js';

const TIMEOUT_MS = 60_000;

interface Observed {
  readonly promises: readonly Promised[];
  readonly wal: WalHistory;
  /** Databases whose write-ahead logs the process wrote. */
  readonly written: readonly string[];
  /** What `PRAGMA synchronous` said on every connection that the process wrote with. */
  readonly synchronous: readonly unknown[];
}

const SINGLE: Step = { kind: 'create', count: 1, bytes: 40, until: 'saved' };
const BATCH: Step = { kind: 'create', count: 20, bytes: 40, until: 'saved' };
const LARGE: Step = { kind: 'create', count: 2, bytes: 9_000, until: 'saved' };

/** A replica that saves single items and batches, until it has done its steps. */
async function observeReplica(flushing: Flushing): Promise<Observed> {
  const directory = await realDirectory();
  const savedFile = join(directory, 'saved');
  const { child, calls } = await trace({
    entry: 'writer',
    place: {
      ...{ directory, savedFile, flushing, name: 'planner', agentSeed: '5a'.repeat(32) },
      plan: [SINGLE, SINGLE, BATCH, LARGE],
    },
  });
  child.order({ kind: 'steps', count: 12 });
  const { synchronous } = await child.reported('opened');
  await child.close();
  const seen = await calls();
  const wal = new WalHistory(seen, join(directory, 'team', 'replica.db-wal'));
  const promises = savedPromises(seen, savedFile);
  return { promises, wal, synchronous, written: databasesWritten(seen) };
}

/** A relay that two replicas push to, one by one and in batches, until all is acked. */
async function observeRelay(faults: {
  readonly flushing?: Flushing;
  readonly ackEarlyMs?: number;
}): Promise<Observed> {
  const directory = await realDirectory();
  const { child, calls } = await trace({
    entry: 'relay',
    place: { directory, port: 0, ...faults },
  });
  const { url } = await child.reported('listening');
  const planner = await startReplica(await temporaryDirectory(), 'planner', url);
  const reviewer = await startReplica(await temporaryDirectory(), 'reviewer', url);
  for (let round = 0; round < 5; round++) {
    await Promise.all([remember(planner, round, 1), remember(reviewer, round, 8)]);
  }
  await Promise.all([planner.close(), reviewer.close()]);
  await child.close();
  const { synchronous } = await child.reported('opened');
  const seen = await calls();
  const wal = new WalHistory(seen, join(directory, 'relay.db-wal'));
  return { promises: ackPromises(seen), wal, synchronous, written: databasesWritten(seen) };
}

function databasesWritten(calls: readonly Syscall[]): readonly string[] {
  const logs = calls.filter(({ name, target }) => name === 'pwrite64' && target.endsWith('-wal'));
  return [...new Set(logs.map(({ target }) => basename(target, '-wal')))];
}

async function remember(mesh: Mesh, round: number, count: number): Promise<void> {
  const writes = Array.from({ length: count }, (_, n) =>
    mesh.memory.create({ content: `${mesh.agent.name}.${round}.${n}.`.repeat(4) }),
  );
  await Promise.all(writes.map(({ acked }) => acked));
}

describe('under strace', { timeout: TIMEOUT_MS }, () => {
  beforeAll(ensureStrace, 300_000);

  test('every resolved save of a replica follows a flush begun after its bytes were written [ND]', async () => {
    const { promises, wal, synchronous, written } = await observeReplica('FULL');
    expect(written).toEqual(['replica.db']);
    expect(synchronous).toEqual([2]);
    expect(promises).toHaveLength(3 * (1 + 1 + 20 + 2));
    expect(wal.commits).toBeGreaterThan(12);
    expect(givenTooEarly(promises, wal)).toEqual([]);
  });

  test('every ack of a relay follows a flush begun after its bytes were written [ND]', async () => {
    const { promises, wal, synchronous, written } = await observeRelay({});
    expect(written).toEqual(['relay.db']);
    expect(synchronous).toEqual([2]);
    // Each item is promised twice: to its writer, and to the other replica it was forwarded to.
    expect(promises.length).toBeGreaterThanOrEqual(2 * 5 * (1 + 8));
    expect(new Set(promises.map(({ text }) => text)).size).toBe(5 * (1 + 8));
    expect(givenTooEarly(promises, wal)).toEqual([]);
  });

  test('a replica that does not flush is found out', async () => {
    const { promises, wal, synchronous } = await observeReplica('OFF');
    expect(synchronous).toEqual([0]);
    expect(promises.length).toBeGreaterThan(0);
    expect(givenTooEarly(promises, wal)).toHaveLength(promises.length);
  });

  test('a relay that does not flush is found out', async () => {
    const { promises, wal, synchronous } = await observeRelay({ flushing: 'OFF' });
    expect(synchronous).toEqual([0]);
    expect(promises.length).toBeGreaterThan(0);
    expect(givenTooEarly(promises, wal)).toHaveLength(promises.length);
  });

  test('a relay that acks before it flushes is found out', async () => {
    const { promises, wal } = await observeRelay({ ackEarlyMs: 100 });
    expect(givenTooEarly(promises, wal).length).toBeGreaterThan(promises.length / 2);
  });
});
