import { closeCodes, type Link, type LinkHandler, limits } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import {
  LINK_LOST,
  NOTICE_BREAK_MS,
  RecordingOwner,
  SeededRandom,
  SimulatedNetwork,
  SimulatedRuntimes,
  SimulatedTime,
} from '../src/index.js';

function worldOf(seed: number) {
  const time = new SimulatedTime(0);
  const random = new SeededRandom(seed);
  const network = new SimulatedNetwork({ time, random: random.fork('network') });
  const runtimes = new SimulatedRuntimes(time, random.fork('runtimes'));
  return { time, network, runtimes };
}

/** A replica's link to a relay, open. */
async function linked(seed: number) {
  const world = worldOf(seed);
  const near = new RecordingOwner();
  const far = new RecordingOwner();
  const runtime = world.runtimes.start('planner');
  world.network.listen('relay', far.accept);
  const transport = world.network.dial({ from: 'planner', to: 'relay', runtime });
  transport.start(near.accept, () => {});
  await world.time.until(() => near.ends.length === 1);
  return { ...world, near, far, runtime, transport };
}

const frame = (number: number, bytes = 4): Uint8Array => new Uint8Array(bytes).fill(number);
const numbers = (frames: readonly Uint8Array[]): number[] => frames.map(([first]) => first ?? -1);
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('a simulated network', () => {
  test('the same seed gives the same events at the same times, another seed others', async () => {
    const run = async (seed: number): Promise<string> => {
      const { time, network, near, far } = await linked(seed);
      const events: string[] = [];
      network.watch(({ at, event, from, to }) => events.push(`${at} ${event} ${from} ${to}`));
      for (const i of range(30)) {
        near.last.link.send(frame(i));
        far.last.link.send(frame(i));
        if (i === 20) network.break('planner', 'relay');
        await time.advance(7);
      }
      await time.advance(5000);
      return events.join('\n');
    };
    const first = await run(1);
    expect(first).toContain('broken');
    expect(await run(1)).toBe(first);
    expect(await run(2)).not.toBe(first);
  });

  test('frames are on the way for a while, and never overtake each other', async () => {
    const { time, near, far, network } = await linked(2);
    network.delay = { minMs: 5, maxMs: 5, jitterMs: 100 };
    for (const i of range(100)) {
      near.last.link.send(frame(i));
      await time.advance(1);
    }
    expect(far.last.frames.length).toBeLessThan(100);
    await time.advance(500);
    expect(numbers(far.last.frames)).toEqual(range(100));
  });

  test('over a one-way link one side is heard and the other waits, until it heals', async () => {
    const { time, near, far, network } = await linked(3);
    network.stall('planner', 'relay');
    for (const i of range(3)) {
      near.last.link.send(frame(i));
      far.last.link.send(frame(i));
    }
    await time.advance(10_000);
    expect(numbers(near.last.frames)).toEqual([0, 1, 2]);
    expect(far.last.frames).toEqual([]);
    expect(near.last.link.bufferedBytes).toBe(12);
    network.heal();
    await time.advance(500);
    expect(numbers(far.last.frames)).toEqual([0, 1, 2]);
    expect(near.last.link.bufferedBytes).toBe(0);
  });

  test('a partition holds what was on the way, lets no link open, and loses nothing when it heals', async () => {
    const { time, near, far, network, runtimes } = await linked(4);
    near.last.link.send(frame(1));
    network.partition(['planner', 'reviewer'], ['relay']);
    far.last.link.send(frame(2));
    const late = new RecordingOwner();
    const reviewer = network.dial({
      from: 'reviewer',
      to: 'relay',
      runtime: runtimes.start('reviewer'),
    });
    reviewer.start(late.accept, () => {});
    await time.advance(60_000);
    expect([near.last.frames.length, far.last.frames.length, late.ends.length]).toEqual([0, 0, 0]);
    expect(reviewer.state).toBe('connecting');
    network.heal('planner', 'relay');
    expect(network.isReachable('reviewer', 'relay')).toBe(false);
    await time.advance(1000);
    expect([numbers(near.last.frames), numbers(far.last.frames)]).toEqual([[2], [1]]);
    network.heal();
    await time.advance(60_000);
    expect(late.ends).toHaveLength(1);
  });

  test('a broken link loses what was on the way, tells both ends once, and is opened again', async () => {
    const { time, near, far, network } = await linked(5);
    const [nearEnd, farEnd] = [near.last, far.last];
    nearEnd.link.send(frame(1));
    expect(network.break('planner', 'relay')).toBe(1);
    nearEnd.link.send(frame(2));
    await time.advance(NOTICE_BREAK_MS);
    expect([nearEnd.closings, farEnd.closings].map((all) => all.map(({ code }) => code))).toEqual([
      [LINK_LOST],
      [LINK_LOST],
    ]);
    await time.advance(30_000);
    expect([near.ends.length, far.ends.length]).toEqual([2, 2]);
    expect(far.ends.flatMap((end) => end.frames)).toEqual([]);
    expect(network.counters.lost).toBe(2);
    expect(network.links).toHaveLength(1);
  });

  test('nothing of an old link arrives after it closed, nor on the new one', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const { time, near, far, network } = await linked(seed);
      for (const i of range(20)) {
        near.last.link.send(frame(i));
        far.last.link.send(frame(i));
        if (i === 10) {
          if (seed % 2 === 0) near.last.link.close(closeCodes.tooSlow, '');
          else network.break('planner', 'relay');
        }
        await time.advance(3);
      }
      await time.advance(30_000);
      for (const end of [...near.ends, ...far.ends]) {
        expect(end.early).toBe(0);
        const arrived = numbers(end.frames);
        const first = arrived[0] ?? 0;
        expect(arrived).toEqual(arrived.map((_, at) => first + at));
      }
      expect(near.ends.length).toBe(2);
    }
  });

  test('a slow reader makes the sender see its buffer grow [BD]', async () => {
    const { time, near, far, network } = await linked(6);
    network.slow('relay', 'planner', 10);
    for (const i of range(10)) far.last.link.send(frame(i, 1000));
    expect(far.last.link.bufferedBytes).toBe(10_000);
    await time.advance(500);
    expect(far.last.link.bufferedBytes).toBe(5000);
    network.heal();
    await time.advance(500);
    expect([far.last.link.bufferedBytes, numbers(near.last.frames)]).toEqual([0, range(10)]);
  });

  test('of a killed process some frames still arrive, in order; the other end sees a break, its owner is told nothing', async () => {
    const arrivals = new Set<number>();
    for (let seed = 0; seed < 60; seed++) {
      const { time, near, far, network, runtime } = await linked(seed);
      await time.advance(100);
      for (const i of range(5)) near.last.link.send(frame(i));
      await time.advance(1);
      runtime.kill();
      network.kill('planner');
      near.last.link.send(frame(9));
      await time.advance(60_000);
      arrivals.add(far.last.frames.length);
      expect(numbers(far.last.frames)).toEqual(range(far.last.frames.length));
      expect(far.last.closings.map(({ code }) => code)).toEqual([LINK_LOST]);
      expect([near.last.closings.length, near.ends.length, network.links.length]).toEqual([
        0, 1, 0,
      ]);
    }
    expect(arrivals.size).toBeGreaterThan(3);
  });

  test('a relay that is gone is not reached until it listens again', async () => {
    const { time, near, far, network, transport } = await linked(7);
    network.kill('relay');
    await time.advance(30_000);
    expect([near.ends.length, transport.state]).toEqual([1, 'connecting']);
    network.listen('relay', far.accept);
    await time.advance(30_000);
    expect([near.ends.length, transport.state]).toEqual([2, 'connected']);
  });

  test('admitted links start the backoff afresh, others wait longer and longer', async () => {
    const waits = async (admitted: boolean): Promise<number> => {
      const { time, near, far, transport } = await linked(8);
      for (let round = 1; round <= 12; round++) {
        if (admitted) transport.admitted(near.last.link);
        far.last.link.close(closeCodes.goingAway, 'restart');
        await time.until(() => near.ends.length > round);
      }
      return time.now();
    };
    expect(await waits(false)).toBeGreaterThan(4 * (await waits(true)));
  });

  test('two replicas link as peers, beside their links to the relay', async () => {
    const { time, network, runtimes } = worldOf(9);
    const [one, two] = [new RecordingOwner(), new RecordingOwner()];
    const answering = network.answer({ at: 'reviewer' });
    const states: string[] = [];
    answering.start(two.accept, (state) => states.push(state));
    const dialing = network.dial({
      from: 'planner',
      to: 'reviewer',
      kind: 'peer',
      runtime: runtimes.start('planner'),
    });
    dialing.start(one.accept, () => {});
    await time.advance(1000);
    expect([one.last.link.kind, two.last.link.kind, two.last.link.peer]).toEqual([
      'peer',
      'peer',
      'planner',
    ]);
    two.last.link.send(frame(3));
    answering.setOffline(true);
    await time.advance(10_000);
    expect([one.ends.length, numbers(one.last.frames)]).toEqual([1, [3]]);
    answering.setOffline(false);
    await time.advance(30_000);
    expect(two.ends).toHaveLength(2);
    await Promise.all([dialing.close(), answering.close()]);
    expect(states).toEqual([
      'connecting',
      'connected',
      'offline',
      'connecting',
      'connected',
      'offline',
    ]);
    await time.advance(1000);
    expect(network.links).toHaveLength(0);
  });

  test('an owner that throws, or sends too much at once, is a defect of the run', async () => {
    const throwing = await linked(10);
    throwing.near.last.throwing = true;
    throwing.far.last.link.send(frame(1));
    await expect(throwing.time.advance(1000)).rejects.toThrow('a defect of the owner');
    const large = await linked(11);
    large.near.last.link.send(frame(1, limits.frameBytes + 1));
    await expect(large.time.advance(1)).rejects.toThrow('a frame of');
  });

  test('a link that its owner closes while accepting it is closed for both', async () => {
    const { time, network, runtimes } = worldOf(12);
    const refusing = (link: Link): LinkHandler => {
      link.close(closeCodes.overloaded, 'not now');
      return { received: () => {}, closed: () => {} };
    };
    network.listen('relay', refusing);
    const near = new RecordingOwner();
    const runtime = runtimes.start('planner');
    const transport = network.dial({ from: 'planner', to: 'relay', runtime });
    transport.start(near.accept, () => {});
    await time.until(() => near.ends[0]?.closings.length === 1);
    expect(near.ends[0]?.closings[0]).toEqual({ code: closeCodes.overloaded, reason: 'not now' });
    await transport.close();
  });

  test('closed, a transport leaves no timer behind', async () => {
    const { time, transport, runtime, network } = await linked(13);
    await transport.close();
    await time.advance(1000);
    expect([runtime.waiting, time.waiting, network.links.length]).toEqual([0, 0, 0]);
  });
});
