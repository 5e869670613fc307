import { closeCodes } from '@mnemesh/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { RoomLimits } from '../../src/index.js';
import type { RoomClient } from './room-client.js';
import { RoomsBench } from './rooms-bench.js';

let bench: RoomsBench;

beforeEach(async () => {
  bench = await RoomsBench.start();
});

afterEach(() => bench.close());

async function limited(limits: Partial<RoomLimits>): Promise<void> {
  await bench.close();
  bench = await RoomsBench.start(limits);
}

const textOf = (document: Y.Doc): string => document.getText('text').toString();
function write(document: Y.Doc, text: string): void {
  document.getText('text').insert(document.getText('text').length, text);
}

describe('a plain room', () => {
  test('[CV] brings everybody what anybody writes', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    write(ann.document, 'hello ');
    write(bob.document, 'world');
    await bench.settle();
    expect(textOf(ann.document)).toBe(textOf(bob.document));
    expect(textOf(ann.document)).toHaveLength(11);
  });

  test('keeps rooms apart', async () => {
    const [ann, bob] = [await bench.join('one'), await bench.join('two')];
    write(ann.document, 'secret');
    await bench.settle();
    expect(textOf(bob.document)).toBe('');
    expect((await bench.log.rooms()).toString()).toBe('one');
  });

  test('sends what several wrote in one turn as one message to each', async () => {
    const clients = [await bench.join(), await bench.join(), await bench.join()];
    const before = clients.map(({ received }) => received.length);
    for (const { document } of clients) for (let i = 0; i < 5; i++) write(document, 'x');
    await bench.settle();
    expect(clients.map(({ received }, i) => received.length - (before[i] as number))).toEqual([
      1, 1, 1,
    ]);
    for (const { document } of clients) expect(textOf(document)).toHaveLength(15);
  });

  test('with many clients sends at once after a pause, and then gathers for a moment', async () => {
    const clients = [];
    for (let i = 0; i < 50; i++) clients.push(await bench.join());
    const [ann, bob] = clients as [RoomClient, RoomClient];
    await bench.settle(1_000);
    const before = bob.received.length;
    for (const word of ['at once', ' and', ' then', ' more']) {
      write(ann.document, word);
      await bench.settle(1);
    }
    expect(textOf(bob.document)).toBe('at once');
    await bench.settle();
    expect(textOf(bob.document)).toBe('at once and then more');
    expect(bob.received.length - before).toBe(2);
  });

  test('does not send a lone writer its own words', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    const before = ann.received.length;
    write(ann.document, 'hello');
    await bench.settle();
    expect(ann.received.length).toBe(before);
    expect(textOf(bob.document)).toBe('hello');
  });

  test('[ND] stores what is written after a fresh client was given what had been stored', async () => {
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(100_000));
    await bench.settle();
    const bob = await bench.join();
    expect(textOf(bob.document)).toHaveLength(100_000);
    write(ann.document, 'more');
    await bench.settle();
    expect(textOf(await bench.stored())).toMatch(/xmore$/);
    expect(bench.calls).toContain('fold');
  });

  test('[ND] is there again after a restart, for fresh and for returning clients', async () => {
    const ann = await bench.join();
    write(ann.document, 'before ');
    await bench.settle();
    await bench.restart();
    write(ann.document, 'offline ');
    await bench.join('room', ann.document);
    const bob = await bench.join();
    await bench.settle();
    expect(textOf(bob.document)).toBe('before offline ');
    expect(bob.synced).toBe(true);
  });

  test('[ND] a deletion that alone was lost comes again with the client that made it', async () => {
    const ann = await bench.join();
    write(ann.document, 'hello');
    await bench.settle();
    bench.fail.add('append');
    ann.document.getText('text').delete(0, 5);
    await bench.settle();
    expect(ann.closed).toMatchObject({ code: closeCodes.storeFailed });
    await bench.settle(5_000);
    await bench.join('room', ann.document);
    await bench.settle();
    expect(textOf(await bench.stored())).toBe('');
  });

  test('[ND] closing stores what is pending', async () => {
    const ann = await bench.join();
    write(ann.document, 'hello');
    await bench.settle(1);
    expect(textOf(await bench.stored())).toBe('');
    await bench.restart();
    expect(textOf(await bench.stored())).toBe('hello');
    expect(ann.closed).toMatchObject({ code: closeCodes.goingAway });
  });

  test('an update that follows on nothing is asked for with all before it, and nothing is lost', async () => {
    const away = new Y.Doc();
    write(away, 'offline ');
    const ann = bench.client(away).enter(bench.rooms, 'room');
    const bob = await bench.join();
    // Ahead of the answer to the relay's question.
    write(away, 'online');
    await bench.settle();
    ann.sayStep1();
    await bench.settle();
    expect(textOf(bob.document)).toBe('offline online');
    expect(bob.document.store.pendingStructs).toBeNull();
    expect(textOf(await bench.stored())).toBe('offline online');
  });

  test('an update before which something is missing brings that along, however late it comes', async () => {
    const [ann, bob] = [await bench.join(), await bench.join()];
    write(ann.document, 'first ');
    await bench.settle();
    const elsewhere = new Y.Doc();
    elsewhere.getText('other').insert(0, 'learnt elsewhere');
    // As by another provider of the same document, whose updates this one does not pass on.
    Y.applyUpdate(ann.document, Y.encodeStateAsUpdate(elsewhere), 'relay');
    ann.document.getText('other').insert('learnt elsewhere'.length, ', and told');
    await bench.settle();
    expect(bench.rooms.status().counters.gaps).toBe(1);
    for (const document of [bob.document, await bench.stored()]) {
      expect(document.getText('other').toString()).toBe('learnt elsewhere, and told');
    }
  });

  test('[BD] leaves nothing behind when everybody has gone', async () => {
    for (let i = 0; i < 20; i++) {
      const client = await bench.join(`room ${i}`);
      write(client.document, 'hello');
      await bench.settle();
      client.leave();
    }
    await bench.settle(10_000);
    expect(bench.rooms.status()).toMatchObject({ links: 0, rooms: [] });
    expect(bench.timers).toBe(0);
    expect(textOf((await bench.join('room 7')).document)).toBe('hello');
  });

  test('a room without a word makes no file and no row', async () => {
    (await bench.join()).leave();
    await bench.settle();
    expect(await bench.log.rooms()).toEqual([]);
  });
});

describe('joining', () => {
  test('a fresh client gets the base as it lies, then the rows, and counts as synced only then', async () => {
    await limited({ foldBytes: 100, restBytes: 10 });
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(500));
    await bench.settle();
    write(ann.document, 'and a row');
    await bench.settle(10);
    expect((await bench.rows()).base).toBeDefined();
    const bob = bench.client().join(bench.rooms, 'room');
    await bench.settle(10);
    expect(bob.received.map(({ type }) => type)).toEqual(['step1', 'update', 'step2']);
    expect(textOf(bob.document)).toBe(`${'x'.repeat(500)}and a row`);
  });

  test('a client that has everything is sent no content, and the store is not read', async () => {
    await limited({ foldBytes: 100 });
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(5_000));
    await bench.settle();
    const bob = await bench.join('room', ann.document);
    const reads = bench.calls.filter((call) => call === 'read' || call === 'base').length;
    bob.sayStep1();
    await bench.settle();
    expect(bench.calls.filter((call) => call === 'read' || call === 'base')).toHaveLength(reads);
    expect(bob.received.at(-1)).toMatchObject({ type: 'step2' });
    expect(bob.received.at(-1)?.bytes).toBeLessThan(50);
  });

  test.each([
    ['on the event loop', 1_000_000],
    ['in the worker', 10],
  ])(
    'a client that has a part of the base gets the rest, sought %s',
    async (_where, inlineDiffBytes) => {
      await limited({ foldBytes: 100, inlineDiffBytes });
      const [ann, bob] = [await bench.join(), await bench.join()];
      write(ann.document, 'x'.repeat(5_000));
      await bench.settle();
      bob.leave();
      write(bob.document, 'mine');
      for (let i = 0; i < 5; i++) {
        ann.document.getMap('map').set(`key ${i}`, 'y'.repeat(2_000));
        ann.document.getText('text').delete(0, 10);
        await bench.settle();
      }
      const again = await bench.join('room', bob.document);
      await bench.settle();
      expect(again.document.getMap('map').size).toBe(5);
      expect(textOf(again.document)).toBe(textOf(ann.document));
      expect(textOf(ann.document)).toHaveLength(5_000 - 50 + 4);
      const bytes = again.received.reduce((sum, message) => sum + message.bytes, 0);
      expect(bytes).toBeGreaterThan(10_000);
      expect(bytes).toBeLessThan(11_000);
    },
  );

  test('gets everything when the worker cannot say what is missing', async () => {
    await limited({ foldBytes: 100, inlineDiffBytes: 10 });
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(5_000));
    await bench.settle();
    const behind = new Y.Doc();
    write(behind, 'mine');
    bench.fail.add('structsBeyond');
    const bob = await bench.join('room', behind);
    await bench.settle();
    expect(bench.calls).toContain('structsBeyond');
    expect(textOf(bob.document)).toBe(textOf(ann.document));
  });

  test.each(['read', 'base', 'structsBeyond'] as const)(
    '[CV] what is written while a client waits for %s reaches it',
    async (call) => {
      await limited({ foldBytes: 100, inlineDiffBytes: 10 });
      const ann = await bench.join();
      write(ann.document, 'x'.repeat(500));
      await bench.settle();
      const behind = new Y.Doc();
      write(behind, 'mine ');
      const bob = bench.client(behind).enter(bench.rooms, 'room');
      await bench.settle(10);
      write(ann.document, 'pending ');
      await bench.settle(1);
      bench.hold.add(call);
      bob.sayStep1();
      await bench.settle(10);
      write(ann.document, 'meanwhile ');
      await bench.settle();
      write(ann.document, 'later');
      expect(bob.synced).toBe(false);
      bench.release();
      await bench.settle();
      expect(bob.synced).toBe(true);
      expect(textOf(bob.document)).toBe(textOf(ann.document));
      expect(textOf(ann.document)).toContain('meanwhile later');
    },
  );

  test('[CV] what is being stored when a client joins reaches it', async () => {
    const ann = await bench.join();
    bench.hold.add('append');
    write(ann.document, 'being stored ');
    await bench.settle();
    write(ann.document, 'pending');
    const bob = await bench.join();
    expect(bob.synced).toBe(true);
    expect(textOf(bob.document)).toBe('being stored pending');
  });

  test('[CV] joining while the room is put away loses nothing', async () => {
    await limited({ restRows: 0, restBytes: 0 });
    const ann = await bench.join();
    write(ann.document, 'one ');
    bench.hold.add('append');
    await bench.settle();
    ann.leave();
    await bench.settle(1);
    const bob = bench.client().join(bench.rooms, 'room');
    await bench.settle();
    expect(textOf(bob.document)).toBe('one ');
    bench.release();
    bench.hold.add('fold');
    await bench.settle();
    bob.leave();
    await bench.settle();
    const cleo = await bench.join();
    write(cleo.document, 'two');
    await bench.settle();
    bench.release();
    await bench.settle();
    expect(textOf((await bench.join()).document)).toBe('one two');
    expect(textOf(await bench.stored())).toBe('one two');
  });

  test('a room that cannot be read sends its clients away, and is read anew by the next', async () => {
    const ann = await bench.join();
    write(ann.document, 'hello');
    await bench.settle();
    ann.leave();
    await bench.settle();
    bench.fail.add('read');
    const bob = await bench.join();
    expect(bob.closed).toMatchObject({ code: closeCodes.storeFailed });
    expect(textOf((await bench.join()).document)).toBe('hello');
  });
});

describe('folding', () => {
  test('[CP] a fold that fails or is cut short leaves the rows, and is tried again', async () => {
    await limited({ foldBytes: 400 });
    const ann = await bench.join();
    const failures = [
      ['fold', 500],
      ['putBase', 3_000],
    ] as const;
    for (const [call, length] of failures) {
      bench.fail.add(call);
      const { base } = await bench.rows();
      write(ann.document, 'x'.repeat(length));
      await bench.settle();
      expect(bench.fail.size).toBe(0);
      expect((await bench.rows()).base?.through).toBe(base?.through);
      expect(textOf(await bench.stored())).toBe(textOf(ann.document));
      write(ann.document, 'x'.repeat(length * 3));
      await bench.settle();
    }
    expect((await bench.rows()).rows).toEqual([]);
    expect(textOf(await bench.stored())).toBe(textOf(ann.document));
  });

  test('[BD] a fold that was refused is not tried again for every commit', async () => {
    await limited({ foldBytes: 400 });
    const ann = await bench.join();
    bench.fail.add('fold');
    write(ann.document, 'x'.repeat(500));
    await bench.settle();
    for (let i = 0; i < 5; i++) {
      write(ann.document, 'x'.repeat(10));
      await bench.settle();
    }
    expect(bench.calls.filter((call) => call === 'fold')).toHaveLength(1);
  });

  test('[ND] rows that come while a room is folded stay', async () => {
    await limited({ foldBytes: 400 });
    const ann = await bench.join();
    bench.hold.add('fold');
    write(ann.document, 'x'.repeat(500));
    await bench.settle();
    write(ann.document, 'meanwhile');
    await bench.settle();
    bench.release();
    await bench.settle();
    expect((await bench.rows()).rows).toHaveLength(1);
    expect(textOf(await bench.stored())).toBe(textOf(ann.document));
    expect(bench.rooms.status().rooms[0]).toMatchObject({ rowBytes: expect.any(Number) });
    expect(bench.rooms.status().rooms[0]?.rowBytes).toBeLessThan(100);
  });

  test('collects what was overwritten', async () => {
    await limited({ foldBytes: 2_000, commitBytes: 500, restRows: 0, restBytes: 0 });
    const ann = await bench.join();
    for (let i = 0; i < 1_000; i++) ann.document.getMap('map').set('key', i);
    await bench.settle();
    ann.leave();
    await bench.settle();
    const { base, rows } = await bench.rows();
    expect(base?.bytes).toBeLessThan(100);
    expect(rows).toEqual([]);
  });

  test('[BD] writers are read no further while a room has more rows than it may', async () => {
    await limited({ foldBytes: 400, rowBytesAtMost: 2_000 });
    const ann = await bench.join();
    bench.hold.add('fold');
    for (let i = 0; i < 50; i++) {
      write(ann.document, 'x'.repeat(200));
      await bench.settle(60);
    }
    expect(ann.paused).toBe(true);
    expect(bench.rooms.status().rooms[0]?.rowBytes).toBeLessThan(2_500);
    bench.release();
    await bench.settle(5_000);
    expect(ann.paused).toBe(false);
    expect(textOf(await bench.stored())).toHaveLength(10_000);
  });

  test('writers are read again when the fold is refused', async () => {
    await limited({ foldBytes: 400, rowBytesAtMost: 600 });
    const ann = await bench.join();
    bench.fail.add('fold');
    write(ann.document, 'x'.repeat(700));
    await bench.settle();
    expect(ann.paused).toBe(false);
  });
});

describe('a store that takes nothing', () => {
  test('[ND] sends the clients away, and gets everything when it takes again', async () => {
    const [ann, bob, other] = [await bench.join(), await bench.join(), await bench.join('other')];
    write(ann.document, 'hello');
    bench.fail.add('append');
    await bench.settle();
    expect([ann.closed, bob.closed]).toMatchObject([{ code: 4502 }, { code: 4502 }]);
    expect(other.closed).toBeUndefined();
    const early = bench.client(ann.document).join(bench.rooms, 'room');
    expect(early.closed).toMatchObject({ code: 4502 });
    await bench.settle(5_000);
    await bench.join('room', bob.document);
    await bench.settle();
    expect(textOf(await bench.stored())).toBe('hello');
    expect(bench.rooms.status().counters.failedCommits).toBe(1);
  });
});

describe('[BD] limits', () => {
  test('a client that reads too slowly is cut off, and the others are not held up', async () => {
    await limited({ slowReaderBytes: 4_000 });
    const [ann, bob, slow] = [await bench.join(), await bench.join(), await bench.join()];
    slow.stuckBytes = 0;
    for (let i = 0; i < 10; i++) {
      write(ann.document, 'x'.repeat(1_000));
      await bench.settle();
    }
    expect(slow.closed).toBe('cut off');
    expect(textOf(bob.document)).toHaveLength(10_000);
    expect(bench.rooms.status().counters.slowReaders).toBe(1);
  });

  test('a large room does not make a slow reader of whoever is still reading it', async () => {
    await limited({ slowReaderBytes: 4_000 });
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(10_000));
    await bench.settle();
    const bob = bench.client();
    bob.stuckBytes = 0;
    bob.join(bench.rooms, 'room');
    await bench.settle();
    write(ann.document, 'more');
    await bench.settle();
    expect(bob.stuckBytes).toBeGreaterThan(10_000);
    expect(bob.closed).toBeUndefined();
  });

  test('whoever asks again and again, and reads no answer, is cut off', async () => {
    await limited({ slowReaderBytes: 4_000 });
    const ann = await bench.join();
    write(ann.document, 'x'.repeat(10_000));
    await bench.settle();
    const bob = bench.client();
    bob.stuckBytes = 0;
    bob.join(bench.rooms, 'room');
    for (let i = 0; i < 10; i++) {
      bob.sayStep1();
      await bench.settle();
    }
    expect(bob.closed).toBe('cut off');
    expect(bob.stuckBytes).toBeLessThan(25_000);
    expect(bench.rooms.status().counters.slowReaders).toBe(1);
  });

  test('whoever asks by more clients than it may is sent away', async () => {
    await limited({ vectorClients: 2 });
    const [ann, bob, cid] = [await bench.join(), await bench.join(), await bench.join()];
    for (const { document } of [ann, bob]) write(document, 'x');
    await bench.settle();
    ann.sayStep1();
    await bench.settle();
    expect(ann.closed).toBeUndefined();
    write(cid.document, 'y');
    await bench.settle();
    ann.sayStep1();
    await bench.settle();
    expect(ann.closed).toMatchObject({ code: closeCodes.notPermitted });
    expect(bob.closed).toBeUndefined();
  });

  test('a room takes no more than it may, and says so for good', async () => {
    await limited({ roomBytes: 1_000 });
    const [ann, bob] = [await bench.join(), await bench.join()];
    write(ann.document, 'x'.repeat(900));
    await bench.settle();
    write(ann.document, 'x'.repeat(200));
    await bench.settle();
    expect(ann.closed).toMatchObject({ code: closeCodes.notPermitted });
    expect(textOf(bob.document)).toHaveLength(900);
  });

  test.each([
    ['links', { links: 1 }],
    ['links of one room', { roomLinks: 1 }],
  ])('more %s than it can keep are refused, and taken again later', async (_what, limits) => {
    await limited(limits);
    const ann = await bench.join();
    expect((await bench.join()).closed).toMatchObject({ code: closeCodes.overloaded });
    ann.leave();
    await bench.settle();
    expect((await bench.join()).closed).toBeUndefined();
  });

  test('more rooms than it can hold are refused, and taken again later', async () => {
    await limited({ rooms: 1 });
    const ann = await bench.join('one');
    expect((await bench.join('two')).closed).toMatchObject({ code: closeCodes.overloaded });
    ann.leave();
    await bench.settle();
    expect((await bench.join('two')).closed).toBeUndefined();
  });

  test.each(['', 'x'.repeat(1_025), 'ä'.repeat(513)])(
    'a name that is no name is refused for good',
    async (name) => {
      expect((await bench.join(name)).closed).toMatchObject({ code: closeCodes.notPermitted });
    },
  );

  test('what is sent before the room is loaded is bounded', async () => {
    await limited({ earlyBytes: 1_000 });
    bench.hold.add('read');
    const ann = bench.client().join(bench.rooms, 'room');
    for (let i = 0; i < 5; i++) write(ann.document, 'x'.repeat(300));
    await bench.settle();
    expect(ann.closed).toMatchObject({ code: closeCodes.overloaded });
    bench.release();
  });
});

describe('messages that are none', () => {
  test.each<[string, Uint8Array | undefined]>([
    ['an empty one', new Uint8Array(0)],
    ['text', undefined],
    ['an over-long varint', new Uint8Array(40).fill(0xff)],
    ['an unknown sync message', Uint8Array.of(0, 7, 0)],
    ['a step 1 without a state vector', Uint8Array.of(0, 0)],
    ['a state vector that ends early', Uint8Array.of(0, 0, 1, 9)],
    ['an update that ends early', Uint8Array.of(0, 2, 3, 1, 1, 1)],
    ['garbage for an update', Uint8Array.of(0, 2, 4, 9, 9, 9, 9)],
    ['a presence message that ends early', Uint8Array.of(1, 2, 1, 5)],
    ['presence that is no JSON', Uint8Array.of(1, 5, 1, 5, 1, 1, 0x7b)],
  ])('%s ends the link of its sender with 4500, and no other', async (_what, message) => {
    const [ann, bob, eve] = [await bench.join(), await bench.join(), await bench.join()];
    eve.sayBytes(message);
    await bench.settle();
    expect(eve.closed).toMatchObject({ code: closeCodes.badFrame });
    write(ann.document, 'hello');
    await bench.settle();
    expect(textOf(bob.document)).toBe('hello');
  });

  test('types that other versions may know are passed over', async () => {
    const ann = await bench.join();
    ann.sayBytes(Uint8Array.of(120, 1, 2, 3));
    ann.sayBytes(Uint8Array.of(2, 0, 0));
    await bench.settle();
    expect(ann.closed).toBeUndefined();
    expect(bench.rooms.status().counters.unknownMessages).toBe(2);
  });
});
