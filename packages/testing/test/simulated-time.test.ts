import { expect, test } from 'vitest';
import {
  CALLS_PER_INSTANT,
  LOG_ENTRIES,
  SeededRandom,
  SimulatedDisk,
  SimulatedRuntimes,
  SimulatedTime,
  TIMERS_PER_INSTANT,
} from '../src/index.js';

test('time stands still until it is advanced', async () => {
  const time = new SimulatedTime(1000);
  const ran: string[] = [];
  time.after(0, () => ran.push('now'));
  expect([time.now(), ran]).toEqual([1000, []]);
  await time.settle();
  expect([time.now(), ran]).toEqual([1000, ['now']]);
});

test('timers run by due time, and those due together in the order they were set', async () => {
  const time = new SimulatedTime(0);
  const ran: string[] = [];
  time.after(20, () => ran.push(`c at ${time.now()}`));
  time.after(10, () => ran.push(`a at ${time.now()}`));
  time.after(20, () => ran.push(`d at ${time.now()}`));
  time.after(10, () => {
    ran.push(`b at ${time.now()}`);
    time.after(5, () => ran.push(`between at ${time.now()}`));
  });
  time.after(31, () => ran.push('too late'));
  await time.advance(30);
  expect(ran).toEqual(['a at 10', 'b at 10', 'between at 15', 'c at 20', 'd at 20']);
  expect(time.now()).toBe(30);
  expect(time.waiting).toBe(1);
});

test('between two timers every promise settles that can, however long the chain', async () => {
  const time = new SimulatedTime(0);
  const ran: string[] = [];
  const chain = async (name: string): Promise<void> => {
    for (let i = 0; i < 500; i++) await Promise.resolve();
    queueMicrotask(() => ran.push(name));
  };
  time.after(1, () => void chain('first'));
  time.after(1, () => ran.push('second'));
  await time.advance(1);
  expect(ran).toEqual(['first', 'second']);
});

test('a canceled timer does not run, and canceling again or afterwards changes nothing', async () => {
  const time = new SimulatedTime(0);
  const ran: string[] = [];
  const cancel = time.after(5, () => ran.push('canceled'));
  const spent = time.after(5, () => ran.push('kept'));
  cancel();
  cancel();
  await time.advance(10);
  spent();
  expect(ran).toEqual(['kept']);
  expect(time.waiting).toBe(0);
});

test('a timer that throws rejects the advance under way', async () => {
  const time = new SimulatedTime(0);
  time.after(1, () => {
    throw new Error('a defect');
  });
  await expect(time.advance(2)).rejects.toThrow('a defect');
  await time.advance(2);
});

test('a loop that lets no time pass is found [PR]', async () => {
  const time = new SimulatedTime(0);
  const again = (): void => {
    time.after(0, again);
  };
  again();
  await expect(time.advance(1)).rejects.toThrow(`${TIMERS_PER_INSTANT} timers ran at one instant`);
});

test('a loop of promises that asks the store again and again is found [PR]', async () => {
  const time = new SimulatedTime(0);
  const disk = new SimulatedDisk({ name: 'laptop', time, random: new SeededRandom(1) });
  const session = disk.open('planner');
  const loop = async (): Promise<void> => {
    for (;;) await session.read('f');
  };
  const looping = loop().catch((error: Error) => error.message);
  await expect(time.advance(1)).rejects.toThrow(
    `${CALLS_PER_INSTANT} storage calls at one instant`,
  );
  expect(await looping).toContain('now read f on laptop');
  await time.advance(1);
  await session.read('f');
});

test('complete advances to the timer a promise needs, and no further', async () => {
  const time = new SimulatedTime(0);
  const answer = time.wait(70).then(() => 'done');
  expect(await time.complete(answer)).toBe('done');
  expect(time.now()).toBe(70);
  await expect(time.complete(Promise.reject(new Error('no')))).rejects.toThrow('no');
});

test('complete says so when nothing can settle the promise', async () => {
  const time = new SimulatedTime(0);
  await expect(time.complete(new Promise(() => {}), 500)).rejects.toThrow('still pending');
  expect(time.now()).toBe(500);
});

test('until stops at the first timer after which its condition holds', async () => {
  const time = new SimulatedTime(0);
  let count = 0;
  const tick = (): void => {
    count++;
    time.after(10, tick);
  };
  time.after(10, tick);
  expect(await time.until(() => count === 3)).toBe(true);
  expect(time.now()).toBe(30);
  expect(await time.until(() => count === 1000, 50)).toBe(false);
  expect(time.now()).toBe(80);
});

test('two cannot advance time at once', async () => {
  const time = new SimulatedTime(0);
  const first = time.advance(1);
  await expect(time.advance(1)).rejects.toThrow('already');
  await first;
});

test('running freely, code that knows no virtual time is served', async () => {
  const time = new SimulatedTime(0);
  const stop = time.runFreely();
  await time.wait(3_600_000);
  expect(time.now()).toBe(3_600_000);
  await stop();
});

test('a process has its own clock error, and its own random bytes at every start', () => {
  const time = new SimulatedTime(1000);
  const world = (): SimulatedRuntimes => new SimulatedRuntimes(time, new SeededRandom(1));
  const runtimes = world();
  const first = runtimes.start('planner', { skewMs: -400 });
  expect(first.now()).toBe(600);
  const drawn = first.randomBytes(16);
  expect(runtimes.start('planner').randomBytes(16)).not.toEqual(drawn);
  expect(runtimes.start('reviewer').randomBytes(16)).not.toEqual(drawn);
  expect(world().start('planner').randomBytes(16)).toEqual(drawn);
});

test('of a killed process no timer runs and nothing is logged', async () => {
  const time = new SimulatedTime(0);
  const runtimes = new SimulatedRuntimes(time, new SeededRandom(1));
  const runtime = runtimes.start('planner');
  const ran: string[] = [];
  runtime.after(5, () => ran.push('before'));
  runtime.log('info', 'alive');
  expect(runtime.waiting).toBe(1);
  runtime.kill();
  runtime.after(5, () => ran.push('after'));
  runtime.log('info', 'dead');
  await time.advance(10);
  expect(ran).toEqual([]);
  expect(time.waiting).toBe(0);
  expect(runtimes.log.entries.map((entry) => entry.message)).toEqual(['alive']);
});

test('the log keeps its newest entries and stays bounded [BD]', () => {
  const runtimes = new SimulatedRuntimes(new SimulatedTime(), new SeededRandom(1));
  const runtime = runtimes.start('planner');
  for (let i = 0; i < LOG_ENTRIES * 3; i++) runtime.log('debug', String(i));
  expect(runtimes.log.entries.length).toBeLessThanOrEqual(LOG_ENTRIES * 2);
  expect(runtimes.log.entries.at(-1)?.message).toBe(String(LOG_ENTRIES * 3 - 1));
});
