import { describe, expect, test } from 'vitest';
import {
  DiskError,
  type DiskImage,
  SeededRandom,
  SimulatedDisk,
  SimulatedTime,
} from '../src/index.js';

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function diskOf(seed: number, time = new SimulatedTime(0)): SimulatedDisk {
  return new SimulatedDisk({ name: 'laptop', time, random: new SeededRandom(seed) });
}

function contentOf(image: DiskImage, file = 'f'): number[] | undefined {
  const content = image.get(file);
  return content === undefined ? undefined : [...content];
}

/** The content after a power loss, for many seeds. */
async function afterPowerLoss(
  prepare: (disk: SimulatedDisk) => Promise<void>,
): Promise<(number[] | undefined)[]> {
  const outcomes = [];
  for (let seed = 0; seed < 200; seed++) {
    const disk = diskOf(seed);
    await prepare(disk);
    disk.crash('power');
    outcomes.push(contentOf(disk.image()));
  }
  return outcomes;
}

describe('a simulated disk', () => {
  test('reads what was written, and nothing where nothing was', async () => {
    const session = diskOf(1).open('p');
    expect(await session.read('f')).toBeUndefined();
    await session.append('f', bytes(1, 2));
    await session.append('f', bytes(3));
    expect(await session.read('f')).toEqual(bytes(1, 2, 3));
    await session.truncate('f', 1);
    expect(await session.read('f')).toEqual(bytes(1));
    await session.replace('f', bytes(9, 9));
    expect(await session.read('f')).toEqual(bytes(9, 9));
    await session.remove('f');
    expect(await session.read('f')).toBeUndefined();
    expect(session.files()).toEqual([]);
  });

  test('flushed bytes survive every power loss [ND]', async () => {
    const outcomes = await afterPowerLoss(async (disk) => {
      const session = disk.open('p');
      await session.append('f', bytes(1, 2, 3));
      await session.flush('f');
      await session.append('f', bytes(4, 5, 6, 7));
      expect(contentOf(disk.flushedImage())).toEqual([1, 2, 3]);
    });
    for (const outcome of outcomes) expect(outcome?.slice(0, 3)).toEqual([1, 2, 3]);
  });

  test('of what was not flushed any prefix may survive, and its end may be garbage', async () => {
    const outcomes = await afterPowerLoss(async (disk) => {
      await disk.open('p').append('f', bytes(1, 2, 3, 4));
    });
    const lengths = new Set(outcomes.map((outcome) => outcome?.length));
    expect([...lengths].sort()).toEqual([0, 1, 2, 3, 4]);
    const isTrue = (outcome: number[] | undefined): boolean =>
      outcome?.every((value, at) => value === at + 1) ?? false;
    expect(outcomes.some(isTrue)).toBe(true);
    expect(outcomes.some((outcome) => !isTrue(outcome))).toBe(true);
  });

  test('a killed process loses nothing that it wrote, but only a flush makes it safe', async () => {
    const disk = diskOf(2);
    await disk.open('p').append('f', bytes(1, 2));
    disk.crash('kill');
    expect(contentOf(disk.image())).toEqual([1, 2]);
    expect(contentOf(disk.flushedImage())).toEqual([]);
  });

  test('replacing, cutting and removing leave the old or the new, never a mixture [CP]', async () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      for (const call of ['replace', 'truncate', 'remove'] as const) {
        const time = new SimulatedTime(0);
        const disk = diskOf(seed, time);
        disk.latency = { minMs: 5, maxMs: 5 };
        disk.restore(new Map([['f', bytes(1, 2, 3)]]));
        const session = disk.open('p');
        if (call === 'replace') void session.replace('f', bytes(7));
        else if (call === 'truncate') void session.truncate('f', 1);
        else void session.remove('f');
        await time.advance(2);
        disk.crash('power');
        seen.add(`${call} ${contentOf(disk.image())}`);
      }
    }
    expect([...seen].sort()).toEqual([
      'remove 1,2,3',
      'remove undefined',
      'replace 1,2,3',
      'replace 7',
      'truncate 1',
      'truncate 1,2,3',
    ]);
  });

  test('with latency there is a time when bytes are written and not safe', async () => {
    const time = new SimulatedTime(0);
    const disk = diskOf(3, time);
    disk.latency = { minMs: 10, maxMs: 10 };
    const session = disk.open('p');
    const done: string[] = [];
    void session.append('f', bytes(1)).then(() => done.push('append'));
    void session.flush('f').then(() => done.push('flush'));
    await time.advance(10);
    expect([done, contentOf(disk.flushedImage())]).toEqual([['append'], []]);
    await time.advance(10);
    expect([done, contentOf(disk.flushedImage())]).toEqual([['append', 'flush'], [1]]);
  });

  test('a flush covers what was written before it began, and nothing later', async () => {
    const time = new SimulatedTime(0);
    const disk = diskOf(4, time);
    const session = disk.open('p');
    await session.append('f', bytes(1));
    await session.flush('f');
    await session.append('f', bytes(2));
    expect(contentOf(disk.flushedImage())).toEqual([1]);
  });

  test('the n-th call fails, and the others do not', async () => {
    const disk = diskOf(5);
    const session = disk.open('p');
    disk.planFault(2, 'fail');
    await session.append('f', bytes(1, 2));
    await expect(session.append('f', bytes(3, 4))).rejects.toThrow(DiskError);
    expect(await session.read('f')).toEqual(bytes(1, 2, 3));
    expect(disk.calls).toBe(3);
  });

  test('bytes that a failed flush gave up stay lost, though later flushes succeed', async () => {
    const spoiled = await afterPowerLoss(async (disk) => {
      const session = disk.open('p');
      await session.append('f', bytes(1));
      await session.flush('f');
      await session.append('f', bytes(2));
      disk.planFault(1, 'fail');
      await session.flush('f').catch(() => {});
      await session.append('f', bytes(3));
      await session.flush('f');
      expect(contentOf(disk.flushedImage())).toEqual([1]);
    });
    for (const outcome of spoiled) expect([outcome?.[0], outcome?.[2]]).toEqual([1, 3]);
    expect(spoiled.some((outcome) => outcome?.[1] !== 2)).toBe(true);
  });

  test('a disk that ignores flushes says nothing of it and makes nothing safe', async () => {
    const disk = diskOf(5);
    disk.ignoresFlushes = true;
    const session = disk.open('p');
    await session.append('f', bytes(1));
    await session.flush('f');
    expect([contentOf(disk.image()), contentOf(disk.flushedImage())]).toEqual([[1], []]);
  });

  test('the power goes at the n-th call: later calls neither happen nor resolve', async () => {
    const time = new SimulatedTime(0);
    const disk = diskOf(6, time);
    const session = disk.open('p');
    const told: string[] = [];
    disk.onCrash((kind) => told.push(kind));
    await session.append('f', bytes(1));
    await session.flush('f');
    disk.planFault(1, 'power');
    const done: string[] = [];
    void session.flush('f').then(() => done.push('flush'));
    void session.append('f', bytes(2)).then(() => done.push('append'));
    void session.close().then(() => done.push('close'));
    await time.advance(1000);
    expect([told, done, contentOf(disk.image())]).toEqual([['power'], [], [1]]);
    expect(disk.inUse).toBe(false);
  });

  test('a dead process cannot write into its successor', async () => {
    const time = new SimulatedTime(0);
    const disk = diskOf(7, time);
    const dead = disk.open('old');
    dead.lock('f');
    disk.crash('kill');
    const alive = disk.open('new');
    expect(alive.lock('f')).toBeUndefined();
    void dead.append('f', bytes(6, 6, 6));
    expect(dead.lock('g')).toBeUndefined();
    await alive.append('f', bytes(1));
    expect(contentOf(disk.image())).toEqual([1]);
    expect(alive.lock('g')).toBeUndefined();
  });

  test('a lock is held by one session until it closes or dies', async () => {
    const disk = diskOf(8);
    const first = disk.open('first');
    expect(first.lock('store')).toBeUndefined();
    expect(disk.open('second').lock('store')).toEqual({ holder: 'first' });
    await first.close();
    await first.close();
    const third = disk.open('third');
    expect(third.lock('store')).toBeUndefined();
    await expect(first.append('f', bytes(1))).rejects.toThrow('closed');
    disk.crash('kill');
    expect(disk.open('fourth').lock('store')).toBeUndefined();
  });

  test('a backup is put back only while nobody uses the disk, and a copy lives its own life', async () => {
    const disk = diskOf(9);
    const session = disk.open('p');
    await session.append('f', bytes(1));
    const backup = disk.image();
    const copy = disk.copy('second laptop');
    await session.append('f', bytes(2));
    expect(() => disk.restore(backup)).toThrow('in use');
    await session.close();
    disk.restore(backup);
    expect(contentOf(disk.image())).toEqual([1]);
    await copy.open('q').append('f', bytes(5));
    expect([contentOf(copy.image()), contentOf(disk.image())]).toEqual([[1, 5], [1]]);
  });

  test('the same seed tears the same bytes', async () => {
    const run = async (): Promise<number[] | undefined> => {
      const disk = diskOf(10);
      await disk.open('p').append('f', new Uint8Array(1000).fill(1));
      disk.crash('power');
      return contentOf(disk.image());
    };
    expect(await run()).toEqual(await run());
  });
});
