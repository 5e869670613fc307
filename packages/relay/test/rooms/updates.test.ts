import { concatBytes } from '@mnemesh/protocol';
import { decodeState, readUpdate, stateCovers, stateOf } from '@mnemesh/segment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { inlineRoomFolder } from '../../src/index.js';
import { structsBeyond } from '../../src/rooms/room-folder.js';
import { RoomState } from '../../src/rooms/room-state.js';
import { UpdateMerge } from '../../src/rooms/update-merge.js';
import { readUpdateBeyond } from '../../src/rooms/update-reader.js';
import { contentOf, documentOf, play, steps } from './histories.js';

/** What a room would send, and store, of these updates: as few as possible. */
function merged(state: RoomState, updates: Iterable<Uint8Array>): Uint8Array[] {
  const merges: UpdateMerge[] = [];
  for (const update of updates) {
    const admitted = state.admit(readUpdateBeyond(update, state.clocks));
    if (merges.at(-1)?.add(admitted)) continue;
    const merge = new UpdateMerge();
    expect(merge.add(admitted)).toBe(true);
    merges.push(merge);
  }
  return merges.map((merge) => merge.encode());
}

/** All that the documents together hold. */
function together(documents: readonly Y.Doc[]): Y.Doc {
  return documentOf(documents.map((document) => Y.encodeStateAsUpdate(document)));
}

describe('updates put together without decoding them', () => {
  test('[CV] lead a client to what the single ones lead to', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { documents, updates } = play(script);
        const state = new RoomState();
        const document = documentOf(merged(state, updates));
        const expected = together(documents);
        expect(contentOf(document)).toEqual(contentOf(expected));
        const all = stateOf(readUpdate(Y.encodeStateAsUpdate(expected)));
        expect(state.clocks).toEqual(all.clocks);
        expect(stateCovers(all, state.toDocumentState())).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('[ID] repeated, overlapping and reordered ones add nothing twice and lose nothing', () => {
    fc.assert(
      fc.property(steps, fc.infiniteStream(fc.nat()), (script, draws) => {
        const { documents, updates } = play(script);
        const whole = documents.map((document) => Y.encodeStateAsUpdate(document));
        const mixed = [...updates, ...whole, ...updates]
          .map((update) => ({ update, order: draws.next().value as number }))
          .sort((a, b) => a.order - b.order)
          .map(({ update }) => update);
        const state = new RoomState();
        const sent = merged(state, [...mixed, ...whole]);
        expect(contentOf(documentOf(sent))).toEqual(contentOf(together(documents)));
        expect(merged(state, mixed).every((update) => update.length === 2)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  test('what the room lacks something for is left out, and nothing waits for ever', () => {
    fc.assert(
      fc.property(steps, fc.nat(5), (script, lost) => {
        const { updates } = play(script);
        const state = new RoomState();
        const sent = merged(
          state,
          updates.filter((_, index) => index % 6 !== lost),
        );
        const document = documentOf(sent);
        expect(contentOf(document)).toMatchObject({ waits: false });
        expect(Y.decodeStateVector(Y.encodeStateVector(document))).toEqual(state.clocks);
      }),
      { numRuns: 400 },
    );
  });

  test('structs beyond a state vector are those that its holder lacks', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const { documents } = play(script);
        const all = Y.encodeStateAsUpdate(together(documents));
        for (const document of documents) {
          const vector = Y.decodeStateVector(Y.encodeStateVector(document));
          Y.applyUpdate(document, structsBeyond(all, vector));
          expect(contentOf(document)).toMatchObject({ waits: false });
          Y.applyUpdate(document, all);
          expect(contentOf(document)).toEqual(contentOf(documentOf([all])));
        }
      }),
      { numRuns: 200 },
    );
  });

  test('a fold holds the same, with deleted content collected', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const { documents, updates } = play(script);
        const state = new RoomState();
        const fold = await inlineRoomFolder.fold(merged(state, updates));
        expect(contentOf(documentOf([fold.update]))).toEqual(contentOf(together(documents)));
        const all = stateOf(readUpdate(fold.update));
        expect(decodeState(fold.state)).toEqual(all);
        expect(stateCovers(all, state.toDocumentState())).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

test('text is counted as Yjs counts it, in UTF-16 units', () => {
  const document = new Y.Doc();
  const updates: Uint8Array[] = [];
  document.on('update', (update: Uint8Array) => updates.push(update));
  for (const text of ['ä', '漢字', '😀', 'e\u0301 ok', '👩‍👩‍👧']) {
    document.getText('text').insert(document.getText('text').length, text);
  }
  const state = new RoomState();
  const copy = documentOf(merged(state, updates));
  expect(copy.getText('text').toString()).toBe(document.getText('text').toString());
  expect([...state.clocks.values()]).toEqual([document.getText('text').length]);
});

test('what refers to something of another client waits outside until that is there', () => {
  const [ann, bob] = [new Y.Doc(), new Y.Doc()];
  ann.getText('text').insert(0, 'Ann');
  Y.applyUpdate(bob, Y.encodeStateAsUpdate(ann));
  const ofAnn = Y.encodeStateVector(ann);
  bob.getText('text').insert(3, ' and Bob');
  const ofBob = Y.encodeStateAsUpdate(bob, ofAnn);
  const state = new RoomState();
  const read = (update: Uint8Array) => state.admit(readUpdateBeyond(update, state.clocks));
  expect(read(ofBob)).toMatchObject({ pieces: [], whole: false });
  expect(state.clocks.size).toBe(0);
  expect(read(Y.encodeStateAsUpdate(ann))).toMatchObject({ whole: true, verbatim: true });
  expect(read(ofBob)).toMatchObject({ whole: true, verbatim: true });
  expect(state.clocks).toEqual(Y.decodeStateVector(Y.encodeStateVector(bob)));
});

test('clients who wrote by turns come in an order in which each follows on the other', () => {
  const documents = [new Y.Doc(), new Y.Doc()];
  for (let turn = 0; turn < 50; turn++) {
    const [writer, reader] = turn % 2 === 0 ? documents : [...documents].reverse();
    writer?.getText('text').insert(writer.getText('text').length, `${turn} `);
    Y.applyUpdate(reader as Y.Doc, Y.encodeStateAsUpdate(writer as Y.Doc));
  }
  const [document] = documents as [Y.Doc, Y.Doc];
  const state = new RoomState();
  const update = Y.encodeStateAsUpdate(document);
  expect(state.admit(readUpdateBeyond(update, state.clocks))).toMatchObject({ whole: true });
  expect(state.clocks).toEqual(Y.decodeStateVector(Y.encodeStateVector(document)));
});

describe('bytes that are no update', () => {
  test('whatever is accepted can be decoded by every client', () => {
    fc.assert(
      fc.property(
        steps,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
        fc.nat(),
        (script, edits, cut) => {
          const [whole = new Uint8Array(2)] = play(script).documents.map((document) =>
            Y.encodeStateAsUpdate(document),
          );
          const bytes = whole.slice(0, cut % 3 === 0 ? cut % (whole.length + 1) : whole.length);
          for (const [at, byte] of edits) if (bytes.length > 0) bytes[at % bytes.length] = byte;
          const state = new RoomState();
          let sent: Uint8Array[];
          try {
            sent = merged(state, [bytes]);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            return;
          }
          for (const update of sent) Y.decodeUpdate(update);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  test.each<[string, readonly number[]]>([
    ['nothing', []],
    ['a count without its clients', [5]],
    ['an over-long varint', new Array(20).fill(0xff)],
    ['a struct of no length', [1, 1, 1, 0, 0, 0, 0]],
    ['two sections of one client', [2, 1, 1, 0, 0, 1, 1, 1, 5, 0, 1, 0]],
    ['an item that refers to itself', [1, 1, 1, 0, 0x81, 1, 0, 1, 0]],
    ['an unknown kind of struct', [1, 1, 1, 0, 0x0b, 1, 1, 120, 0]],
    ['text that is no UTF-8', [1, 1, 1, 0, 0x04, 1, 1, 120, 2, 0xc3, 0x28, 0]],
    ['an embedded value that is no JSON', [1, 1, 1, 0, 0x05, 1, 1, 120, 1, 0x7b, 0]],
    ['a value of no type', [1, 1, 1, 0, 0x08, 1, 1, 120, 1, 5, 0]],
    [
      'clocks beyond what a number holds',
      [1, 1, 1, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0],
    ],
  ])('%s is refused', (_what, bytes) => {
    expect(() => readUpdateBeyond(Uint8Array.from(bytes), new Map())).toThrow(RangeError);
  });

  test('[BD] values nested without end are refused before they overflow a stack', () => {
    const depth = 100_000;
    const nested = new Uint8Array(depth * 2).map((_, at) => (at % 2 === 0 ? 117 : 1));
    const bytes = concatBytes([Uint8Array.of(1, 1, 1, 0, 0x08, 1, 1, 120, 1), nested]);
    expect(() => readUpdateBeyond(bytes, new Map())).toThrow('nested too deep');
  });
});
