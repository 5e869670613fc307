import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { envelopeOf, guidOf, Place, recordOf, text } from './fixtures.js';

const place = new Place();
const children: ChildProcess[] = [];
const script = fileURLToPath(new URL('./store-process.mjs', import.meta.url));

afterEach(async () => {
  for (const child of children.splice(0)) await kill(child);
});

/** A process of its own that opens the store and, if asked, writes to it until it is killed. */
function start(task: 'hold' | 'write') {
  const child = spawn(process.execPath, [script, place.directory, task], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error('the store process ended by itself');
    return value;
  };
  return { child, line };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

describe('two processes', () => {
  it('cannot open one store; the second is told the pid of the first', {
    timeout: 60_000,
  }, async () => {
    const { child, line } = start('hold');
    expect(await line()).toBe('opened 1');
    await expect(place.open()).rejects.toMatchObject({
      code: 'store_in_use',
      message: expect.stringContaining(`pid ${child.pid}`),
    });
    await kill(child);
    expect((await place.open()).opened.counter).toBe(2);
  });
});

describe('a process killed with -9 while it writes', () => {
  it('[ND] leaves every saved write, and each one whole', { timeout: 60_000 }, async () => {
    let saved = 0;
    for (const round of [1, 2, 3, 4]) {
      const { child, line } = start('write');
      expect(await line()).toBe(`opened ${2 * round - 1}`);
      const target = saved + 20 * round;
      while (saved < target) saved = Number((await line()).replace('saved ', ''));
      await kill(child);

      const store = await place.open();
      const documents = await store.documents();
      expect(documents.length).toBeGreaterThanOrEqual(saved);
      for (const [i, { segment, guid }] of documents.entries()) {
        expect(segment).toBe(`${i + 1}`);
        expect((await store.document(guid))?.log.map(({ update }) => text(update))).toEqual([
          `update of ${segment}`,
        ]);
        expect(await store.envelopesOf(guidOf(segment))).toEqual([envelopeOf(segment)]);
        expect(await store.record(recordOf(segment).namespace, recordOf(segment).id)).toEqual(
          recordOf(segment),
        );
      }
      expect(store.damaged).toEqual([]);
      await store.close();
      expect(place.connect().pragma('integrity_check')).toBe('ok');
      saved = documents.length;
    }
  });
});
