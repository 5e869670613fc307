import {
  emptyState,
  equalStates,
  followsOn,
  holdsAll,
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

describe('what an update holds, read without a document', () => {
  test('is what applying it adds', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const [a, b] = play(script) as [SegmentDocument, SegmentDocument, SegmentDocument];
        const update = a.missing(b.state);
        if (update === undefined) return;
        const content = readUpdate(update);
        const before = b.state;
        expect(followsOn(before, content)).toBe(true);
        b.apply(update);
        expect(equalStates(b.state, uniteStates(before, stateOf(content)))).toBe(true);
        expect(holdsAll(b.state, content)).toBe(true);
        expect(holdsAll(before, content)).toBe(false);
      }),
    );
  });

  test('follows on exactly when Yjs applies all of it', () => {
    fc.assert(
      fc.property(steps, fc.nat(), fc.nat(), (script, skip, take) => {
        const source = new SegmentDocument(GUID, 1);
        const updates: Uint8Array[] = [];
        for (const { kind, amount } of script) {
          const held = [...source.elements()].map(({ place }) => place);
          const change = source.edit(
            kind === 'delete' ? [] : [bytes(amount)],
            kind === 'append' ? [] : held.filter((_, i) => i % 3 === amount),
          );
          if (change !== undefined) updates.push(change.update);
        }
        if (updates.length === 0) return;
        // Some updates are held, and some others arrive merged into one.
        const held = updates.filter((_, i) => (skip >> (i % 20)) % 2 === 0);
        const arriving = updates.filter((_, i) => (take >> (i % 20)) % 2 === 0);
        if (arriving.length === 0) return;
        const target = new SegmentDocument(GUID, 2);
        for (const update of held) target.apply(update);
        const merged = Y.mergeUpdates(arriving);
        const plain = new Y.Doc();
        Y.applyUpdate(plain, target.encode());
        Y.applyUpdate(plain, merged);
        const whole = plain.store.pendingStructs === null && plain.store.pendingDs === null;
        expect(followsOn(target.state, readUpdate(merged))).toBe(whole);
        expect(target.apply(merged).gap).toBe(!whole);
        if (whole) expect(Y.encodeStateAsUpdate(target.doc)).toEqual(Y.encodeStateAsUpdate(plain));
      }),
      { numRuns: 300 },
    );
  });

  test('shows a hole that merging left, where Yjs reports clocks beyond it', () => {
    const source = new SegmentDocument(GUID, 1);
    const [first, , third] = [1, 2, 3].map(
      (i) => (source.edit([bytes(i)], []) as SegmentChange).update,
    ) as [Uint8Array, Uint8Array, Uint8Array];
    const merged = Y.mergeUpdates([first, third]);
    // The trap: this is what a log keyed by it would take for held.
    expect(Y.parseUpdateMeta(merged).to.get(1)).toBe(3);
    const content = readUpdate(merged);
    expect(content.structs.get(1)).toEqual([
      { from: 0, to: 1 },
      { from: 2, to: 3 },
    ]);
    expect(followsOn(emptyState, content)).toBe(false);
    expect(followsOn({ clocks: new Map([[1, 2]]) }, content)).toBe(true);
  });

  test('names what it refers to: contiguous clocks alone are not enough', () => {
    const a = new SegmentDocument(GUID, 1);
    const b = new SegmentDocument(GUID, 2);
    b.apply((a.edit([bytes(1)], []) as SegmentChange).update);
    const onTop = readUpdate((b.edit([bytes(2)], []) as SegmentChange).update);
    expect(onTop.structs.get(2)).toEqual([{ from: 0, to: 1 }]);
    expect(onTop.needs.get(1)).toBe(1);
    expect(followsOn(emptyState, onTop)).toBe(false);
    const deletion = readUpdate((b.edit([], [{ client: 1, clock: 0 }]) as SegmentChange).update);
    expect(deletion.structs.size).toBe(0);
    expect(followsOn(emptyState, deletion)).toBe(false);
    expect(followsOn(a.state, deletion)).toBe(true);
  });

  test('garbage is refused with an error and changes nothing', () => {
    const document = new SegmentDocument(GUID, 1);
    document.edit([bytes(1)], []);
    const before = document.encode();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
        try {
          readUpdate(garbage);
        } catch {
          expect(() => document.apply(garbage)).toThrow();
          expect(document.encode()).toEqual(before);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
