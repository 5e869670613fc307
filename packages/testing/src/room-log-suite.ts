import type { NewRoomBase, RoomLog, RoomRow } from '@mnemesh/relay';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What an adapter brings to be tested: one empty place for a room log. */
export interface RoomLogPlace {
  open(): Promise<RoomLog>;
  /** Ends every open log as a crash of its process would. `open` then finds what was durable. */
  crash(): Promise<void>;
  /** Does anything exist there yet? */
  exists(): boolean;
  /** Removes the place. Its logs are closed, but for those that crashed. */
  remove(): Promise<void>;
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const row = (room: string, number: number, ...values: readonly number[]): RoomRow => ({
  room,
  number,
  update: bytes(...values),
});
const base = (through: number, length = 3): NewRoomBase => ({
  through,
  update: new Uint8Array(length).fill(through),
  state: bytes(through, 7),
});

/** Everything the room-log port promises, as tests. Call it at the top of an adapter's test file. */
export function describeRoomLog(name: string, createPlace: () => Promise<RoomLogPlace>): void {
  describe(`the room log ${name}`, () => {
    let place: RoomLogPlace;
    let log: RoomLog;

    beforeEach(async () => {
      place = await createPlace();
      log = await place.open();
    });

    afterEach(async () => {
      await log.close();
      await place.remove();
    });

    async function reopen(end: 'close' | 'crash'): Promise<void> {
      if (end === 'close') await log.close();
      else await place.crash();
      log = await place.open();
    }

    test('knows no room, and makes nothing, until the first write', async () => {
      expect(await log.read('a')).toBeUndefined();
      expect(await log.base('a')).toBeUndefined();
      expect(await log.rooms()).toEqual([]);
      expect(place.exists()).toBe(false);
      await log.append([row('a', 1, 1)]);
      expect(place.exists()).toBe(true);
    });

    test('gives back the rows of each room, in order, with the bytes that were written', async () => {
      await log.append([row('a', 1, 0, 255), row('b', 1, 2), row('a', 2, 3)]);
      await log.append([row('a', 3, 4)]);
      expect((await log.read('a'))?.rows).toEqual([
        { number: 1, update: bytes(0, 255) },
        { number: 2, update: bytes(3) },
        { number: 3, update: bytes(4) },
      ]);
      expect((await log.read('b'))?.rows).toEqual([{ number: 1, update: bytes(2) }]);
      expect((await log.rooms()).toSorted()).toEqual(['a', 'b']);
    });

    test('a base replaces the rows that it covers, and no others', async () => {
      await log.append([row('a', 1, 1), row('a', 2, 2), row('a', 3, 3), row('b', 1, 1)]);
      await log.putBase('a', base(2, 100_000));
      const read = await log.read('a');
      expect(read?.base).toEqual({ through: 2, bytes: 100_000, state: bytes(2, 7) });
      expect(read?.rows).toEqual([{ number: 3, update: bytes(3) }]);
      expect(await log.base('a')).toEqual({
        through: 2,
        update: new Uint8Array(100_000).fill(2),
      });
      expect((await log.read('b'))?.rows).toHaveLength(1);
      await log.putBase('a', base(3));
      expect(await log.read('a')).toMatchObject({ base: { through: 3, bytes: 3 }, rows: [] });
      expect((await log.base('a'))?.update).toEqual(bytes(3, 3, 3));
    });

    test('[ID] a number is given once in a room: a second row of it is refused, with all that came with it', async () => {
      await log.append([row('a', 1, 1)]);
      await expect(log.append([row('b', 1, 1), row('a', 1, 9)])).rejects.toMatchObject({
        code: 'store_failed',
      });
      expect(await log.read('b')).toBeUndefined();
      await log.append([row('a', 2, 2)]);
      expect((await log.read('a'))?.rows.map(({ update }) => update)).toEqual([bytes(1), bytes(2)]);
    });

    test.each(['close', 'crash'] as const)(
      '[ND] what was written is there after a %s',
      async (end) => {
        await log.append([row('a', 1, 1), row('a', 2, 2)]);
        await log.putBase('a', base(1));
        await log.append([row('b', 1, 5)]);
        await reopen(end);
        expect(await log.read('a')).toMatchObject({ base: { through: 1 }, rows: [{ number: 2 }] });
        expect((await log.read('b'))?.rows).toEqual([{ number: 1, update: bytes(5) }]);
        await log.append([row('a', 3, 3)]);
        expect((await log.read('a'))?.rows).toHaveLength(2);
      },
    );

    test('names of rooms may be anything', async () => {
      const names = ['', 'a/b', 'ä\u0000ö', '%20', "x' OR 1=1", 'x'.repeat(1_000)];
      await log.append(names.map((room, at) => row(room, 1, at)));
      expect((await log.rooms()).toSorted()).toEqual(names.toSorted());
      for (const [at, room] of names.entries()) {
        expect((await log.read(room))?.rows).toEqual([{ number: 1, update: bytes(at) }]);
      }
    });

    test('a second log on the same place is refused and changes nothing', async () => {
      const early = await place.open();
      await log.append([row('a', 1, 1)]);
      await expect(place.open()).rejects.toMatchObject({ code: 'store_in_use' });
      await expect(early.read('a')).rejects.toMatchObject({ code: 'store_in_use' });
      await expect(early.append([row('a', 2, 2)])).rejects.toMatchObject({ code: 'store_in_use' });
      await early.close();
      expect((await log.read('a'))?.rows).toHaveLength(1);
    });

    test('is closed once, and then refuses every call', async () => {
      await log.append([row('a', 1, 1)]);
      await Promise.all([log.close(), log.close()]);
      await expect(log.read('a')).rejects.toMatchObject({ code: 'closed' });
      await expect(log.append([row('a', 2, 2)])).rejects.toMatchObject({ code: 'closed' });
    });
  });
}
