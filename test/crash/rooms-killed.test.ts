import { openSqliteRoomLog, roomLimits } from '@mnemesh/relay';
import { SeededRandom } from '@mnemesh/testing';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { temporaryDirectory } from '../integration/place.js';
import { StockClient } from '../integration/stock-client.js';
import { Child } from './child.js';
import { crashKills, crashSeed, moment } from './plans.js';
import { freePort } from './relay-place.js';

/** Milliseconds of the named bound, and what a busy machine may take for a commit besides. */
const DURABLE_MS = roomLimits.commitDelayMs + 1_000;
/** Milliseconds from the start of the writing to the kill, at most: many commits, and several folds. */
const WRITING_MS = 1_500;
/** Milliseconds between two marks: several in each commit. */
const MARK_MS = 5;
/** Bytes of padding that each mark overwrites: the relay's rows are folded while it is killed. */
const PADDING = 4_000;
const TIMEOUT_MS = 240_000;

/** What one client wrote and another saw, and when it saw it. */
class Marks {
  readonly seen = new Map<number, number>();
  #next = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(reader: StockClient) {
    reader.document.getArray<number>('marks').observe((event) => {
      const now = performance.now();
      for (const { insert } of event.changes.delta) {
        for (const mark of (insert as number[] | undefined) ?? []) this.seen.set(mark, now);
      }
    });
  }

  begin(writer: StockClient): void {
    this.#timer = setInterval(() => {
      writer.document.transact(() => {
        writer.document.getArray('marks').push([this.#next++]);
        writer.document.getMap('map').set('padding', `${this.#next}`.padEnd(PADDING));
      });
    }, MARK_MS);
  }

  end(): void {
    clearInterval(this.#timer);
  }

  get written(): number {
    return this.#next;
  }
}

/** The marks of a room as its store has them, in order. */
async function storedMarks(directory: string): Promise<readonly number[]> {
  const log = await openSqliteRoomLog({ directory });
  const document = new Y.Doc();
  const base = await log.base('room');
  if (base !== undefined) Y.applyUpdate(document, base.update);
  for (const { update } of (await log.read('room'))?.rows ?? []) Y.applyUpdate(document, update);
  await log.close();
  expect(document.store.pendingStructs).toBeNull();
  return document.getArray<number>('marks').toArray();
}

/** Marks that were seen longer ago than the bound when the relay was killed, and are not stored. */
function lost(marks: Marks, stored: readonly number[], killed: number): readonly number[] {
  const due = [...marks.seen].filter(([, at]) => at < killed - DURABLE_MS);
  return due.map(([mark]) => mark).filter((mark) => mark >= stored.length);
}

const name = `a relay that is killed with -9 loses nothing of a room that it forwarded longer ago than its bound, in ${crashKills} kills [ND] [CP] (seed ${crashSeed})`;
test(name, { timeout: TIMEOUT_MS }, async () => {
  const random = new SeededRandom(crashSeed).fork('rooms');
  const place = { directory: await temporaryDirectory(), port: await freePort(random) };
  const url = `ws://127.0.0.1:${place.port}`;
  let relay = Child.start({ entry: 'relay', place });
  await relay.reported('listening');
  const [writer, reader] = [
    await StockClient.join(url, 'room'),
    await StockClient.join(url, 'room'),
  ];
  const marks = new Marks(reader);

  for (let kill = 1; kill <= crashKills; kill++) {
    marks.begin(writer);
    await moment(random.int(WRITING_MS));
    const killed = performance.now();
    await relay.kill();
    marks.end();
    const stored = await storedMarks(place.directory);
    // Nothing is missing before the last that is there, whatever else was under way.
    expect(stored, `in order after kill ${kill}`).toEqual(stored.map((_, at) => at));
    expect(lost(marks, stored, killed), `lost by kill ${kill}`).toEqual([]);
    relay = Child.start({ entry: 'relay', place });
    await relay.reported('listening');
    for (const client of [writer, reader]) await client.until(() => client.provider.synced);
  }

  // What died with the relay comes again from its clients.
  await reader.until(() => marks.seen.size === marks.written);
  const paddingOf = ({ document }: StockClient): unknown => document.getMap('map').get('padding');
  expect(paddingOf(reader)).toBe(paddingOf(writer));
  const fresh = await StockClient.join(url, 'room');
  expect(fresh.document.getArray('marks').length).toBe(marks.written);
  expect(marks.written).toBeGreaterThan(crashKills * 10);
  await relay.close();
  expect(await storedMarks(place.directory)).toHaveLength(marks.written);
});

test('is found out when it stores rooms later than it says', { timeout: TIMEOUT_MS }, async () => {
  const random = new SeededRandom(crashSeed).fork('late rooms');
  const directory = await temporaryDirectory();
  const place = { directory, port: await freePort(random), commitRoomsLateMs: 60_000 };
  const url = `ws://127.0.0.1:${place.port}`;
  const relay = Child.start({ entry: 'relay', place });
  await relay.reported('listening');
  const [writer, reader] = [
    await StockClient.join(url, 'room'),
    await StockClient.join(url, 'room'),
  ];
  const marks = new Marks(reader);
  marks.begin(writer);
  await reader.until(() => marks.seen.size > 0);
  await moment(DURABLE_MS * 2);
  const killed = performance.now();
  await relay.kill();
  marks.end();
  expect(lost(marks, await storedMarks(directory), killed)).not.toEqual([]);
});
