import { findHolder, openMesh } from '@mnemesh/open-mesh';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../integration/place.js';
import { Child } from './child.js';
import { moment } from './plans.js';

const MESH = 'team';
const SHARERS = 8;
const ITEMS = 100;
/** Turns that each writes of a task of its own, beside its items. */
const TURNS = ITEMS / 4;
const WRITES = SHARERS * (ITEMS + TURNS);
/** Parts of all writes after which the holder is killed: the last ones find it just started. */
const KILLED_AT = [0.2, 0.45, 0.7];
/** Milliseconds between two looks for who holds the replica. */
const LOOK_MS = 20;
const TIMEOUT_MS = 240_000;

/** Processes that share one replica, and what they said was saved. */
class Sharers {
  readonly data: string;
  readonly children: Child[] = [];
  readonly wrote: string[] = [];
  #onWrite: () => void = () => undefined;

  constructor(data: string) {
    this.data = data;
    // A holder of its own outlives whoever started it.
    onTestFinished(async () => {
      await Promise.all(this.children.map((child) => child.kill()));
      const pid = await this.holder();
      if (pid !== undefined) process.kill(pid, 'SIGKILL');
    });
  }

  async start(holder: 'here' | 'apart'): Promise<void> {
    for (let n = 0; n < SHARERS; n++) {
      this.children.push(
        Child.start({
          entry: 'sharer',
          place: { data: this.data, agent: `agent${n}`, holder },
          onReport: (report) => {
            if (report.kind !== 'wrote') return;
            this.wrote.push(report.content);
            this.#onWrite();
          },
        }),
      );
    }
    await Promise.all(this.children.map((child) => child.reported('opened')));
  }

  /** Resolves when so many writes were reported in all. */
  written(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onWrite = () => {
        if (this.wrote.length >= count) resolve();
      };
      this.#onWrite();
    });
  }

  /** The first process to hold the replica that is none of these. */
  async nextHolder(others: readonly number[]): Promise<number> {
    for (;;) {
      const pid = await this.holder();
      if (pid !== undefined && !others.includes(pid)) return pid;
      await moment(LOOK_MS);
    }
  }

  /** The process that holds the replica. */
  async holder(): Promise<number | undefined> {
    const found = await findHolder(this.data, MESH);
    return found.state === 'alive' ? found.report.pid : undefined;
  }
}

/** Reads what is on the disk, when nobody holds it any more. */
async function contentsOnDisk(data: string): Promise<readonly string[]> {
  const mesh = await openMesh({ mesh: MESH, agent: 'reader', data, relay: 'none' });
  try {
    return (await mesh.memory.list({ limit: 10_000 })).map(({ content }) => content).sort();
  } finally {
    await mesh.close();
  }
}

const itemsOf = (sharers: readonly number[]): readonly string[] =>
  sharers.flatMap((n) => Array.from({ length: ITEMS }, (_, i) => `agent${n} ${i}`)).sort();

const everybody = Array.from({ length: SHARERS }, (_, n) => n);

describe('processes that share a replica whose holder is killed with -9', () => {
  test('keep every write they were told of, once, in all of them, when a process of its own held it [ND] [ID]', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const sharers = new Sharers(await temporaryDirectory());
    await sharers.start('apart');
    const killed: number[] = [];
    const bursts = sharers.children.map((child) =>
      child.ask({ kind: 'burst', items: ITEMS }, 'burst'),
    );
    for (const part of KILLED_AT) {
      await sharers.written(WRITES * part);
      const holder = await sharers.nextHolder(killed);
      killed.push(holder);
      process.kill(holder, 'SIGKILL');
    }
    const before = sharers.wrote.length;
    await Promise.all(bursts);

    // They died among the writes, not after them.
    expect(before).toBeLessThan(WRITES);
    expect(killed).not.toContain(await sharers.holder());
    for (const child of sharers.children) {
      const seen = await child.ask({ kind: 'look' }, 'sees');
      expect(seen.contents).toEqual(itemsOf(everybody));
      // Its own changes replace each other, whoever held the replica meanwhile.
      expect(seen).toMatchObject({ turn: `turn ${TURNS}`, conflicts: 0 });
    }
    const holder = await sharers.holder();
    await Promise.all(sharers.children.map((child) => child.close()));
    process.kill(holder as number, 'SIGKILL');
    expect(await contentsOnDisk(sharers.data)).toEqual(itemsOf(everybody));
  });

  test('go on with one of them in its place, when one of them held it [ND] [ID]', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const sharers = new Sharers(await temporaryDirectory());
    await sharers.start('here');
    const held = await sharers.holder();
    const dying = sharers.children.findIndex(({ pid }) => pid === held);
    const bursts = sharers.children.map((child) =>
      child.ask({ kind: 'burst', items: ITEMS }, 'burst').catch((error: unknown) => error),
    );
    await sharers.written(WRITES / 2);
    await sharers.children[dying]?.kill();
    await Promise.all(bursts);

    const living = everybody.filter((n) => n !== dying);
    const saved = new Set(sharers.wrote.filter((content) => !content.includes('turn')));
    for (const n of living) {
      const seen = await (sharers.children[n] as Child).ask({ kind: 'look' }, 'sees');
      expect(seen).toMatchObject({ turn: `turn ${TURNS}`, conflicts: 0 });
      expect(new Set(seen.contents).size).toBe(seen.contents.length);
      expect(seen.contents).toEqual(expect.arrayContaining([...itemsOf(living)]));
      expect([...saved].filter((content) => !seen.contents.includes(content))).toEqual([]);
    }
    await Promise.all(living.map((n) => sharers.children[n]?.close()));
    const onDisk = await contentsOnDisk(sharers.data);
    expect(new Set(onDisk).size).toBe(onDisk.length);
    expect([...saved].filter((content) => !onDisk.includes(content))).toEqual([]);
  });
});
