import {
  type DocumentState,
  emptyState,
  encodeState,
  equalStates,
  placeKey,
  readUpdate,
  type SegmentChange,
  SegmentDocument,
  stateOf,
  uniteStates,
} from '@mnemesh/segment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { bytes, GUID, play, steps } from './histories.js';

function contents(document: SegmentDocument): readonly string[] {
  return [...document.elements()].map(
    ({ place, element }) => `${place.client}:${place.clock} ${new TextDecoder().decode(element)}`,
  );
}

/** The state as Yjs itself sees it. */
function yjsState(doc: Y.Doc): DocumentState {
  const deleted = new Map(
    [...Y.createDeleteSetFromStructStore(doc.store).clients].map(([client, items]) => [
      client,
      items.map(({ clock, len }) => ({ from: clock, to: clock + len })),
    ]),
  );
  return { clocks: Y.decodeStateVector(Y.encodeStateVector(doc)), deleted };
}

function expectEqual(a: SegmentDocument, b: SegmentDocument): void {
  expect(contents(a)).toEqual(contents(b));
  expect(encodeState(a.state)).toEqual(encodeState(b.state));
  expect(Y.encodeStateAsUpdate(a.doc)).toEqual(Y.encodeStateAsUpdate(b.doc));
}

function opened(encoded: Uint8Array | undefined): SegmentDocument {
  const document = new SegmentDocument(GUID, 5000);
  if (encoded !== undefined) document.apply(encoded);
  return document;
}

describe('a segment document', () => {
  test('knows its state as Yjs does, whatever happened [CV]', () => {
    fc.assert(
      fc.property(steps, (script) => {
        for (const document of play(script)) {
          expect(encodeState(document.state)).toEqual(encodeState(yjsState(document.doc)));
          expect(document.doc.store.pendingStructs).toBeNull();
        }
      }),
    );
  });

  test.each([
    ['a nested type', () => new Y.Map<string>()],
    ['an element', () => bytes(0)],
  ])('counts %s as deleted that was collected, though no delete set names it', (_name, first) => {
    const foreign = new Y.Doc();
    foreign.clientID = 77;
    const elements = foreign.getArray<unknown>('e');
    elements.push([first(), bytes(1)]);
    const nested = elements.get(0);
    if (nested instanceof Y.Map) nested.set('a', 'b');
    elements.delete(0);
    const update = Y.encodeStateAsUpdate(foreign);
    // An update is structs ‖ delete set; this one names one client, below 128, with one or two ranges.
    const ranges = nested instanceof Y.Map ? 2 : 1;
    const structs = update.subarray(0, update.length - 3 - 2 * ranges);
    expect([...update.subarray(structs.length)].slice(0, 3)).toEqual([1, 77, ranges]);
    const stripped = Uint8Array.of(...structs, 0);
    // A relay reads it without a document, a replica applies it: both must come to Yjs' own state.
    expect(encodeState(stateOf(readUpdate(stripped)))).toEqual(encodeState(yjsState(foreign)));
    const document = opened(stripped);
    expect(encodeState(document.state)).toEqual(encodeState(yjsState(foreign)));
    expect(contents(document)).toEqual(['77:1 element 1']);
  });

  test('what is missing at a peer makes it equal, deletions included [CV]', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const [a, b] = play(script) as [SegmentDocument, SegmentDocument, SegmentDocument];
        const known = b.state;
        const update = a.missing(known);
        // A second document at the same state gets the stock diff; both must end alike.
        const stock = opened(b.encode());
        stock.apply(Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)));
        if (update !== undefined) expect(b.apply(update).gap).toBe(false);
        expectEqual(b, stock);
        expect(equalStates(b.state, uniteStates(known, a.state))).toBe(true);
        expect(a.missing(b.state)).toBeUndefined();
        const back = b.missing(a.state);
        if (back !== undefined) a.apply(back);
        expectEqual(a, b);
      }),
      { numRuns: 200 },
    );
  });

  test('what is missing holds no deletion that the peer has already', () => {
    const a = new SegmentDocument(GUID, 1);
    a.edit(
      Array.from({ length: 2000 }, (_, i) => bytes(i)),
      [],
    );
    a.edit(
      [],
      [...a.elements()].filter((_, i) => i % 2 === 0).map(({ place }) => place),
    );
    const b = opened(a.encode());
    a.edit([bytes(1)], []);
    const stock = Y.encodeStateAsUpdate(a.doc, Y.encodeStateVector(b.doc)).length;
    const missing = a.missing(b.state) as Uint8Array;
    expect(stock).toBeGreaterThan(2000);
    expect(missing.length).toBeLessThan(60);
    b.apply(missing);
    expectEqual(a, b);
  });

  test('delivered twice or in another order it stays the same [ID]', () => {
    fc.assert(
      fc.property(steps, fc.nat(), (script, seed) => {
        const updates: Uint8Array[] = [];
        const source = new SegmentDocument(GUID, 1);
        for (const { kind, amount } of script) {
          const held = [...source.elements()].map(({ place }) => place);
          const append = kind === 'delete' ? [] : [bytes(updates.length)];
          const change = source.edit(
            append,
            held.filter((_, i) => i % 4 === amount),
          );
          if (change !== undefined) updates.push(change.update);
        }
        const target = new SegmentDocument(GUID, 2);
        const waiting = updates.flatMap((update) => [update, update]);
        for (let i = seed; waiting.length > 0; i = (i * 31 + 7) % 1_000_003) {
          const [update] = waiting.splice(i % waiting.length, 1) as [Uint8Array];
          // A gap means: later. The update is offered again, as a peer would after `gap`.
          if (target.apply(update).gap) waiting.push(update);
        }
        expectEqual(target, source);
      }),
      { numRuns: 50 },
    );
  });

  test('takes in a run of updates as it would one after another, in one change', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { maxLength: 40 }), (script, picks) => {
        const updates = play(script).map((document) => document.encode());
        const source = new SegmentDocument(GUID, 77);
        for (const { amount } of script)
          updates.push((source.edit([bytes(amount)], []) as SegmentChange).update);
        const run = picks.map((pick) => updates[pick % updates.length] as Uint8Array);
        const together = new SegmentDocument(GUID, 5001);
        const apart = new SegmentDocument(GUID, 5002);
        const before = together.state;
        const { states, change } = together.applyAll(run);
        expect(states.map((state) => state === undefined)).toEqual(
          run.map((update) => apart.apply(update).gap),
        );
        expectEqual(together, apart);
        expect(equalStates(together.state, apart.state)).toBe(true);
        // The one change is enough to get there from what was held before.
        const replayed = new SegmentDocument(GUID, 5003);
        if (change !== undefined) replayed.apply(change.update);
        expect(equalStates(replayed.state, uniteStates(before, change?.holds ?? emptyState))).toBe(
          true,
        );
        expectEqual(replayed, together);
      }),
    );
  });

  test('takes in nothing of a run in which one update is no update', () => {
    const target = new SegmentDocument(GUID, 1);
    const good = (new SegmentDocument(GUID, 2).edit([bytes(1)], []) as SegmentChange).update;
    expect(() => target.applyAll([good, Uint8Array.from([1, 200])])).toThrow();
    expect(target.state).toEqual(emptyState);
    expect([...target.elements()]).toEqual([]);
  });

  test('tells what each change added and removed, so that a set of elements can follow it', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const target = new SegmentDocument(GUID, 5000);
        const followed = new Map<string, Uint8Array>();
        const follow = ({ added, removed }: SegmentChange): void => {
          for (const one of added) followed.set(placeKey(one.place), one.element);
          for (const place of removed) followed.delete(placeKey(place));
        };
        const [source] = play([]) as [SegmentDocument, SegmentDocument, SegmentDocument];
        for (const { at, kind, amount } of script) {
          const editor = at === 0 ? target : source;
          const held = [...editor.elements()].map(({ place }) => place);
          const append =
            kind === 'delete' ? [] : Array.from({ length: amount }, (_, i) => bytes(i));
          const own = editor.edit(
            append,
            kind === 'append' ? [] : held.filter((_, i) => i % 3 === 0),
          );
          if (editor === target && own !== undefined) follow(own);
          if (kind !== 'deliver') continue;
          const update = source.missing(target.state);
          const result = update === undefined ? undefined : target.apply(update);
          if (result?.change !== undefined) follow(result.change);
        }
        const elements = [...target.elements()];
        expect(followed).toEqual(
          new Map(elements.map(({ place, element }) => [placeKey(place), element])),
        );
      }),
    );
  });

  test('opens from a snapshot and a log as it was', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const [source] = play(before) as [SegmentDocument, SegmentDocument, SegmentDocument];
        const snapshot = source.encodeSnapshot();
        const log: Uint8Array[] = [];
        for (const { kind, amount } of after) {
          const held = [...source.elements()].map(({ place }) => place);
          const change = source.edit(
            kind === 'delete' ? [] : [bytes(amount)],
            held.filter((_, i) => i % 4 === amount),
          );
          if (change !== undefined) log.push(change.update);
        }
        const target = new SegmentDocument(GUID, 5000);
        target.load(snapshot, log);
        expectEqual(target, source);
        const change = target.edit([bytes(1)], []);
        expect(change?.added.map(({ place }) => place)).toEqual([{ client: 5000, clock: 0 }]);
      }),
      { numRuns: 50 },
    );
  });

  test('passes over places that are gone or were never there', () => {
    const document = new SegmentDocument(GUID, 1);
    document.edit([bytes(1), bytes(2)], []);
    const [first] = [...document.elements()].map(({ place }) => place);
    document.edit([], [first as { client: number; clock: number }]);
    const nowhere = [
      { client: 99, clock: 0 },
      { client: 1, clock: 50 },
    ];
    expect(
      document.edit([], [first as { client: number; clock: number }, ...nowhere]),
    ).toBeUndefined();
    expect(contents(document)).toEqual(['1:1 element 2']);
  });

  test('takes Node’s Buffer for an element', () => {
    const document = new SegmentDocument(GUID, 1);
    document.edit([Buffer.from('element 1')], []);
    expect(contents(document)).toEqual(['1:0 element 1']);
  });

  test('keeps deleted elements readable when asked to, for a look at what was deleted [DL]', () => {
    const source = new SegmentDocument(GUID, 1);
    const updates = [
      source.edit([bytes(1), bytes(2)], []),
      source.edit([], [{ client: 1, clock: 0 }]),
    ].map((change) => (change as SegmentChange).update);
    const kept = new SegmentDocument(GUID, 2, false);
    kept.load(undefined, updates);
    expect([...kept.deletedElements()].map(({ element }) => element)).toEqual([bytes(1)]);
    // Collected content is gone for good.
    const collected = new SegmentDocument(GUID, 3, false);
    collected.apply(source.encode());
    expect([...collected.deletedElements()].map(({ element }) => element)).not.toContainEqual(
      bytes(1),
    );
  });
});
