import { equalStates, SegmentDocument } from '@mnemesh/segment';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';

/*
 * Ways in which Yjs loses or hides data. Each test first shows the trap on plain Yjs documents, so
 * that it notices when a new version of Yjs changes it, and then that segments do not fall into it.
 */

const GUID = 'guid';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function contents(document: SegmentDocument): readonly string[] {
  return [...document.elements()].map(({ element }) => new TextDecoder().decode(element));
}

function exchange(a: SegmentDocument, b: SegmentDocument): void {
  const [forB, forA] = [a.missing(b.state), b.missing(a.state)];
  if (forB !== undefined) expect(b.apply(forB).gap).toBe(false);
  if (forA !== undefined) expect(a.apply(forA).gap).toBe(false);
}

describe('a reused client id', () => {
  test('written with before the stored state is loaded, diverges silently and for ever', () => {
    const stored = new Y.Doc();
    stored.clientID = 7;
    stored.getArray('e').push(['old 1', 'old 2']);
    const remote = new Y.Doc();
    Y.applyUpdate(remote, Y.encodeStateAsUpdate(stored));

    const reopened = new Y.Doc();
    reopened.clientID = 7;
    reopened.getArray('e').push(['new']);
    Y.applyUpdate(reopened, Y.encodeStateAsUpdate(stored));
    Y.applyUpdate(remote, Y.encodeStateAsUpdate(reopened));
    Y.applyUpdate(reopened, Y.encodeStateAsUpdate(remote));
    expect(Y.encodeStateVector(reopened)).toEqual(Y.encodeStateVector(remote));
    expect(reopened.getArray('e').toArray()).not.toEqual(remote.getArray('e').toArray());
  });

  test('does not happen to segments: a fresh client id keeps what is written too early [ND]', () => {
    const first = new SegmentDocument(GUID, 7);
    first.edit([bytes('old 1'), bytes('old 2')], []);
    const stored = first.encodeSnapshot();
    const remote = new SegmentDocument(GUID, 9);
    remote.apply(first.encode());

    const reopened = new SegmentDocument(GUID, 8);
    reopened.edit([bytes('new')], []);
    reopened.load(stored, []);
    exchange(reopened, remote);
    expect(contents(reopened)).toEqual(contents(remote));
    expect([...contents(remote)].sort()).toEqual(['new', 'old 1', 'old 2']);
  });

  test('is not inherited: a segment keeps the id it was opened with', () => {
    expect(new SegmentDocument(GUID, 8).doc.clientID).toBe(8);
  });
});

describe('replicas that create one document apart', () => {
  test('with random guids under one key, lose the content of one', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    for (const root of [a, b]) {
      const child = new Y.Doc();
      root.getMap<Y.Doc>('segments').set('1', child);
    }
    const guids = [a, b].map((root) => root.getMap<Y.Doc>('segments').get('1')?.guid);
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
    Y.applyUpdate(b, Y.encodeStateAsUpdate(a));
    const left = new Set([a, b].map((root) => root.getMap<Y.Doc>('segments').get('1')?.guid));
    expect(new Set(guids).size).toBe(2);
    expect(left.size).toBe(1);
  });

  test('with equal guids as subdocuments, get an empty instance for a full one', () => {
    const [a, b] = [new Y.Doc(), new Y.Doc()];
    a.clientID = 1;
    b.clientID = 2;
    for (const root of [a, b]) {
      const child = new Y.Doc({ guid: GUID });
      root.getMap<Y.Doc>('segments').set('1', child);
      child.getArray('e').push([`written at ${root.clientID}`]);
    }
    const lost = a.getMap<Y.Doc>('segments').get('1') as Y.Doc;
    Y.applyUpdate(a, Y.encodeStateAsUpdate(b));
    const now = a.getMap<Y.Doc>('segments').get('1') as Y.Doc;
    expect(now).not.toBe(lost);
    expect(now.guid).toBe(GUID);
    expect(now.getArray('e').length).toBe(0);
  });

  test('as segments of one guid, hold the union [CV] [ND]', () => {
    const [a, b] = [new SegmentDocument(GUID, 1), new SegmentDocument(GUID, 2)];
    a.edit([bytes('a 1'), bytes('a 2')], []);
    b.edit([bytes('b 1')], []);
    exchange(a, b);
    expect(contents(a)).toEqual(contents(b));
    expect([...contents(a)].sort()).toEqual(['a 1', 'a 2', 'b 1']);
    expect(a.doc.guid).toBe(b.doc.guid);
  });
});

describe('an update whose ground is missing', () => {
  const source = new SegmentDocument(GUID, 1);
  const first = source.edit([bytes('1')], [])?.update as Uint8Array;
  const second = source.edit([bytes('2')], [])?.update as Uint8Array;

  test('stays in the memory of a Yjs document, which says nothing', () => {
    const plain = new Y.Doc();
    let events = 0;
    plain.on('update', () => {
      events++;
    });
    Y.applyUpdate(plain, second);
    expect(events).toBe(0);
    expect(plain.store.pendingStructs).not.toBeNull();
  });

  test('is reported by a segment, which keeps nothing of it [BD]', () => {
    const target = new SegmentDocument(GUID, 2);
    expect(target.apply(second)).toEqual({ gap: true, change: undefined });
    expect(target.doc.store.pendingStructs).toBeNull();
    expect(target.encode()).toEqual(new SegmentDocument(GUID, 3).encode());
    expect(target.apply(first).gap).toBe(false);
    expect(target.apply(second).gap).toBe(false);
    expect(contents(target)).toEqual(['1', '2']);
  });

  test('that waits for itself is not kept either [BD]', () => {
    // Two items, each with the other as its origin: every clock is there, and none can come first.
    const circular = Uint8Array.from([
      2, // clients
      1,
      2,
      0,
      0x84,
      1,
      0,
      1,
      0x62, // client 2, clock 0: "b" after 1:0
      1,
      1,
      0,
      0x84,
      2,
      0,
      1,
      0x61, // client 1, clock 0: "a" after 2:0
      0, // deletions
    ]);
    const plain = new Y.Doc();
    Y.applyUpdate(plain, circular);
    expect(plain.store.pendingStructs).not.toBeNull();

    const target = new SegmentDocument(GUID, 3);
    target.apply(circular);
    expect(target.doc.store.pendingStructs).toBeNull();
    expect(target.state.clocks.size).toBe(0);
    expect(target.apply(first).gap).toBe(false);
    expect(contents(target)).toEqual(['1']);
  });

  test('that refers to itself is refused before it can break a document', () => {
    const selfish = Uint8Array.from([1, 1, 1, 0, 0x84, 1, 0, 1, 0x61, 0]);
    const target = new SegmentDocument(GUID, 3);
    expect(() => target.apply(selfish)).toThrow('refers to itself');
    expect(target.apply(first).gap).toBe(false);
  });
});

describe('a deletion', () => {
  test('does not show in a state vector, and does in a state [DL]', () => {
    const a = new SegmentDocument(GUID, 1);
    a.edit([bytes('1'), bytes('2')], []);
    const b = new SegmentDocument(GUID, 2);
    b.apply(a.encode());
    a.edit([], [{ client: 1, clock: 0 }]);
    expect(Y.encodeStateVector(a.doc)).toEqual(Y.encodeStateVector(b.doc));
    expect(equalStates(a.state, b.state)).toBe(false);
    exchange(a, b);
    expect(contents(b)).toEqual(['2']);
  });
});
