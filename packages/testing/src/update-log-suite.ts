import type {
  AgentId,
  Guid,
  MeshId,
  Namespace,
  RecordId,
  ReplicaId,
  SegmentName,
  SessionId,
} from '@mnemesh/protocol';
import {
  type AppendedDocument,
  type AppendGroup,
  isCursorValid,
  type MeshLog,
  type UpdateLog,
} from '@mnemesh/relay';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What an adapter brings to be tested: one empty place for a log. */
export interface UpdateLogPlace {
  open(): Promise<UpdateLog>;
  /** Ends every open log as a crash of its process would: nothing is finished. `open` then finds what was durable. */
  crash(): Promise<void>;
  /** Lets time pass until the promise settles; a place in real time leaves this out. */
  settle?<T>(promise: Promise<T>): Promise<T>;
  /** Removes the place. Its logs are closed, but for those that crashed. */
  remove(): Promise<void>;
}

/** What the parts of the suite use. */
interface Bench {
  open(): Promise<UpdateLog>;
  /** The mesh `demo` of the log opened last; opens one where none is open. */
  mesh(): Promise<MeshLog>;
  /** Closes the log and opens it again. */
  reopen(log: UpdateLog): Promise<UpdateLog>;
  crash(): Promise<void>;
  settle<T>(promise: Promise<T>): Promise<T>;
}

/** Everything the update-log port promises, as tests. Call it at the top of an adapter's test file. */
export function describeUpdateLog(name: string, createPlace: () => Promise<UpdateLogPlace>): void {
  describe(`the update log ${name}`, () => {
    let place: UpdateLogPlace;
    const opened = new Set<UpdateLog>();

    beforeEach(async () => {
      place = await createPlace();
    });

    afterEach(async () => {
      for (const log of opened) await bench.settle(log.close());
      opened.clear();
      await place.remove();
    });

    const bench: Bench = {
      settle: (promise) => place.settle?.(promise) ?? promise,
      open: async () => {
        const log = await bench.settle(place.open());
        opened.add(log);
        return log;
      },
      mesh: async () => {
        const log = [...opened].at(-1) ?? (await bench.open());
        return bench.settle(log.mesh(demo));
      },
      reopen: async (log) => {
        await bench.settle(log.close());
        opened.delete(log);
        return bench.open();
      },
      crash: async () => {
        opened.clear();
        await place.crash();
      },
    };

    testAppending(bench);
    testReading(bench);
    testIncarnations(bench);
    testCompaction(bench);
    testReplicas(bench);
    testEnds(bench);
    testClaims(bench);
    testOpening(bench);
  });
}

const demo = 'demo' as MeshId;
const tasks = document('shared/tasks');
const notes = document('shared/notes');

function document(namespace: string): Pick<AppendedDocument, 'guid' | 'namespace' | 'segment'> {
  const guid = `guid-of-${namespace}` as Guid;
  return { guid, namespace: namespace as Namespace, segment: '1' as SegmentName };
}

type Named = ReturnType<typeof document>;

/** A group of updates whose bytes are `values`; the state a document reaches is its last one. */
function group(...updates: readonly (readonly [Named, number])[]): AppendGroup {
  const documents = new Map<Guid, AppendedDocument>();
  for (const [named, value] of updates) documents.set(named.guid, reached(named, value));
  return {
    updates: updates.map(([{ guid }, value]) => ({ guid, update: content(value) })),
    documents: [...documents.values()],
  };
}

function reached(named: Named, value: number): AppendedDocument {
  return { ...named, state: Uint8Array.of(200, value), hash: hashOf(value) };
}

function content(value: number): Uint8Array {
  return new Uint8Array(3 + value).fill(value);
}

function hashOf(value: number): string {
  return value.toString(16).padStart(64, '0');
}

function testAppending(bench: Bench): void {
  test('numbers start at 1 and rise by one with every update, whatever its document', async () => {
    const mesh = await bench.mesh();
    expect(mesh.head).toBe(0);
    expect(await bench.settle(mesh.append(group([tasks, 1], [notes, 2])))).toEqual({
      first: 1,
      last: 2,
    });
    expect(await bench.settle(mesh.append(group([tasks, 3])))).toEqual({ first: 3, last: 3 });
    expect(mesh.head).toBe(3);
  });

  test('each mesh has a sequence of its own', async () => {
    const log = await bench.open();
    const one = await bench.settle(log.mesh('one' as MeshId));
    const two = await bench.settle(log.mesh('two' as MeshId));
    await bench.settle(one.append(group([tasks, 1], [tasks, 2])));
    expect(await bench.settle(two.append(group([tasks, 3])))).toEqual({ first: 1, last: 1 });
    expect(one.head).toBe(2);
    const stored = await bench.settle(two.read(tasks.guid, 0));
    expect(stored?.rows.map((row) => row.update)).toEqual([content(3)]);
    expect(await bench.settle(log.meshes())).toEqual(['one', 'two']);
    expect(await bench.settle(log.holds('two' as MeshId))).toBe(true);
    expect(await bench.settle(log.holds('three' as MeshId))).toBe(false);
  });

  test('groups called for at once take effect in the order of the calls', async () => {
    const mesh = await bench.mesh();
    const calls = [1, 2, 3, 4, 5].map((value) => mesh.append(group([tasks, value])));
    const numbers = await bench.settle(Promise.all(calls));
    expect(numbers.map(({ first }) => first)).toEqual([1, 2, 3, 4, 5]);
    const stored = await bench.settle(mesh.read(tasks.guid, 0));
    expect(stored?.rows.map((row) => row.update)).toEqual([1, 2, 3, 4, 5].map(content));
  });

  test('[ND] what was appended is there after a crash', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1], [notes, 2])));
    await bench.settle(mesh.append(group([tasks, 3])));
    await bench.crash();
    const again = await bench.mesh();
    expect(again.head).toBe(3);
    expect(await bench.settle(again.read(tasks.guid, 0))).toEqual({
      base: undefined,
      rows: [
        { number: 1, update: content(1) },
        { number: 3, update: content(3) },
      ],
      last: 3,
    });
    expect(await bench.settle(again.append(group([notes, 4])))).toEqual({ first: 4, last: 4 });
  });

  test('a group without updates, or without a state for one of them, is refused and changes nothing', async () => {
    const mesh = await bench.mesh();
    await expect(bench.settle(mesh.append({ updates: [], documents: [] }))).rejects.toThrow();
    const lacking = { ...group([tasks, 1], [notes, 2]), documents: [reached(tasks, 1)] };
    const again = await bench.mesh();
    await expect(bench.settle(again.append(lacking))).rejects.toThrow();
    const third = await bench.mesh();
    expect(third.head).toBe(0);
    expect(await bench.settle(third.documents())).toEqual([]);
  });
}

function testReading(bench: Bench): void {
  test('heads tell of each document its bytes, rows, last number and hash', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1], [notes, 2], [tasks, 3])));
    const heads = await bench.settle(mesh.documents());
    expect(heads).toHaveLength(2);
    const bytes = content(1).length + content(3).length;
    const head = { ...tasks, bytes, rows: 2, rowBytes: bytes, last: 3, hash: hashOf(3) };
    expect(heads).toContainEqual(head);
  });

  test('reading after a number gives only what came later, and the last number in any case', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1], [notes, 2], [tasks, 3])));
    const later = await bench.settle(mesh.read(tasks.guid, 1));
    expect(later).toEqual({ base: undefined, rows: [{ number: 3, update: content(3) }], last: 3 });
    const none = await bench.settle(mesh.read(tasks.guid, 3));
    expect(none).toEqual({ base: undefined, rows: [], last: 3 });
    expect(await bench.settle(mesh.read('unknown' as Guid, 0))).toBeUndefined();
  });

  test('the state of a document is the one given last', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1])));
    await bench.settle(mesh.append(group([tasks, 2])));
    expect(await bench.settle(mesh.state(tasks.guid))).toEqual(Uint8Array.of(200, 2));
    expect(await bench.settle(mesh.state(notes.guid))).toBeUndefined();
  });

  test('bytes come back as plain byte arrays, which Yjs accepts', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1])));
    await bench.settle(mesh.append(group([tasks, 2])));
    await bench.settle(mesh.putBase(tasks.guid, { update: content(9), through: 1 }));
    const stored = await bench.settle(mesh.read(tasks.guid, 0));
    expect(stored?.rows[0]?.update.constructor).toBe(Uint8Array);
    expect(stored?.base?.update.constructor).toBe(Uint8Array);
    expect((await bench.settle(mesh.state(tasks.guid)))?.constructor).toBe(Uint8Array);
  });
}

function testIncarnations(bench: Bench): void {
  test('every opening is a new incarnation that begins with the next number', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    expect(mesh.incarnations).toEqual([{ incarnation: log.incarnation, first: 1 }]);
    await bench.settle(mesh.append(group([tasks, 1], [tasks, 2])));
    const later = await bench.reopen(log);
    expect(later.incarnation).toMatch(/^[0-9a-f]{32}$/);
    expect(later.incarnation).not.toBe(log.incarnation);
    const again = await bench.settle(later.mesh(demo));
    expect(again.incarnations).toEqual([
      { incarnation: log.incarnation, first: 1 },
      { incarnation: later.incarnation, first: 3 },
    ]);
  });

  test('a mesh opened twice in one opening has begun one incarnation', async () => {
    const log = await bench.open();
    await bench.settle(log.mesh(demo));
    const mesh = await bench.settle(log.mesh(demo));
    expect(mesh.incarnations).toHaveLength(1);
  });

  test('an incarnation outlives a crash even when nothing was appended in it', async () => {
    const log = await bench.open();
    await bench.settle(log.mesh(demo));
    await bench.crash();
    const mesh = await bench.mesh();
    expect(mesh.incarnations.map(({ incarnation }) => incarnation)).toContain(log.incarnation);
  });

  test('a cursor is valid within its own incarnation, and void beyond it', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    await bench.settle(mesh.append(group([tasks, 1], [tasks, 2])));
    const later = await bench.reopen(log);
    const again = await bench.settle(later.mesh(demo));
    await bench.settle(again.append(group([tasks, 3], [tasks, 4])));
    const valid = (incarnation: string, number: number): boolean =>
      isCursorValid(again, { incarnation: incarnation as typeof log.incarnation, number });
    expect(valid(log.incarnation, 2)).toBe(true);
    expect(valid(log.incarnation, 3)).toBe(false);
    expect(valid(later.incarnation, 4)).toBe(true);
    expect(valid(later.incarnation, 5)).toBe(false);
    expect(valid('00'.repeat(16), 1)).toBe(false);
  });
}

function testCompaction(bench: Bench): void {
  const base = { update: content(50), through: 2 };

  /** Five updates of one document, the first two of them covered by a base. */
  async function folded(): Promise<MeshLog> {
    const mesh = await bench.mesh();
    await bench.settle(
      mesh.append(group([tasks, 1], [tasks, 2], [notes, 3], [tasks, 4], [tasks, 5])),
    );
    await bench.settle(mesh.putBase(tasks.guid, base));
    return mesh;
  }

  test('a base stands for the rows it covers; the later ones keep their numbers', async () => {
    const mesh = await folded();
    const rows = [
      { number: 4, update: content(4) },
      { number: 5, update: content(5) },
    ];
    expect(await bench.settle(mesh.read(tasks.guid, 0))).toEqual({ base, rows, last: 5 });
    expect(await bench.settle(mesh.read(tasks.guid, 1))).toEqual({ base, rows, last: 5 });
    expect(await bench.settle(mesh.read(tasks.guid, 2))).toEqual({
      base: undefined,
      rows,
      last: 5,
    });
    await bench.settle(mesh.dropRows(tasks.guid));
    expect(await bench.settle(mesh.read(tasks.guid, 0))).toEqual({ base, rows, last: 5 });
    expect(mesh.head).toBe(5);
    expect((await bench.settle(mesh.read(notes.guid, 0)))?.rows).toHaveLength(1);
  });

  test('heads count the base and the rows beyond it', async () => {
    const mesh = await folded();
    const rowBytes = content(4).length + content(5).length;
    const bytes = base.update.length + rowBytes;
    const head = { ...tasks, bytes, rows: 2, rowBytes, last: 5, hash: hashOf(5) };
    expect(await bench.settle(mesh.documents())).toContainEqual(head);
    await bench.settle(mesh.dropRows(tasks.guid));
    expect(await bench.settle(mesh.documents())).toContainEqual(head);
  });

  test('[CP] a crash between writing the base and deleting its rows changes no answer', async () => {
    const before = await folded();
    const answer = await bench.settle(before.read(tasks.guid, 0));
    await bench.crash();
    const mesh = await bench.mesh();
    expect(await bench.settle(mesh.read(tasks.guid, 0))).toEqual(answer);
    await bench.settle(mesh.putBase(tasks.guid, { update: content(60), through: 4 }));
    await bench.settle(mesh.dropRows(tasks.guid));
    expect(await bench.settle(mesh.read(tasks.guid, 0))).toEqual({
      base: { update: content(60), through: 4 },
      rows: [{ number: 5, update: content(5) }],
      last: 5,
    });
  });

  test('[ND] what compaction did is there after a crash, and numbers go on', async () => {
    const mesh = await folded();
    await bench.settle(mesh.dropRows(tasks.guid));
    const answer = await bench.settle(mesh.read(tasks.guid, 0));
    await bench.crash();
    const again = await bench.mesh();
    expect(await bench.settle(again.read(tasks.guid, 0))).toEqual(answer);
    expect(await bench.settle(again.append(group([tasks, 6])))).toEqual({ first: 6, last: 6 });
  });

  test('deleting rows without a base deletes none', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1], [tasks, 2])));
    await bench.settle(mesh.dropRows(tasks.guid));
    expect((await bench.settle(mesh.read(tasks.guid, 0)))?.rows).toHaveLength(2);
  });

  test.each([
    ['covers less than the one it replaces', tasks.guid, 1],
    ['covers more than is committed', tasks.guid, 6],
    ['belongs to no document', 'unknown' as Guid, 1],
  ])('a base that %s is refused', async (_why, guid, through) => {
    const mesh = await folded();
    await expect(
      bench.settle(mesh.putBase(guid, { update: content(70), through })),
    ).rejects.toThrow();
    const again = await bench.mesh();
    expect((await bench.settle(again.read(tasks.guid, 0)))?.base).toEqual(base);
  });
}

function testReplicas(bench: Bench): void {
  const replica = '0a'.repeat(16) as ReplicaId;

  test('the last opening of a replica is remembered per mesh, also after a crash', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    expect(await bench.settle(mesh.replica(replica))).toBeUndefined();
    await bench.settle(mesh.putReplica(replica, { counter: 1, nonce: '11'.repeat(16) }));
    await bench.settle(mesh.putReplica(replica, { counter: 2, nonce: '22'.repeat(16) }));
    await bench.crash();
    const later = await bench.open();
    const again = await bench.settle(later.mesh(demo));
    expect(await bench.settle(again.replica(replica))).toEqual({
      counter: 2,
      nonce: '22'.repeat(16),
    });
    const other = await bench.settle(later.mesh('other' as MeshId));
    expect(await bench.settle(other.replica(replica))).toBeUndefined();
  });
}

function testClaims(bench: Bench): void {
  const task = { namespace: tasks.namespace, record: '1.A' as RecordId };
  const granted = {
    number: 1,
    agent: 'ab'.repeat(32) as AgentId,
    session: 'cd'.repeat(8) as SessionId,
    until: 1_900_000_000_000,
    replaced: 0,
  };

  test('[ND] the last strict claim of a task is remembered per mesh, also after a crash', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    expect(await bench.settle(mesh.claim(task))).toBeUndefined();
    const first = { ...granted, incarnation: log.incarnation };
    await bench.settle(mesh.putClaim(task, first));
    const second = { ...first, number: 2, replaced: 1 };
    await bench.settle(mesh.putClaim(task, second));
    expect(mesh.claims).toBe(1);
    await bench.crash();
    const later = await bench.open();
    const again = await bench.settle(later.mesh(demo));
    expect(await bench.settle(again.claim(task))).toEqual(second);
    expect(again.claims).toBe(1);
    expect(await bench.settle(again.claim({ ...task, record: '1.B' as RecordId }))).toBeUndefined();
    const other = await bench.settle(later.mesh('other' as MeshId));
    expect(await bench.settle(other.claim(task))).toBeUndefined();
  });

  test('claims are in doubt after a crash until they are confirmed, however often the log is opened', async () => {
    const log = await bench.open();
    expect((await bench.settle(log.mesh(demo))).claimsInDoubt).toBe(false);
    await bench.crash();
    const crashed = await bench.open();
    expect((await bench.settle(crashed.mesh(demo))).claimsInDoubt).toBe(true);
    expect((await bench.settle(crashed.mesh('other' as MeshId))).claimsInDoubt).toBe(false);
    const later = await bench.reopen(crashed);
    const mesh = await bench.settle(later.mesh(demo));
    expect(mesh.claimsInDoubt).toBe(true);
    await bench.settle(mesh.confirmClaims());
    expect(mesh.claimsInDoubt).toBe(false);
    const last = await bench.reopen(later);
    expect((await bench.settle(last.mesh(demo))).claimsInDoubt).toBe(false);
  });
}

function testOpening(bench: Bench): void {
  test('a second opening is refused with store_in_use and disturbs nothing', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    await expect(bench.open()).rejects.toMatchObject({ code: 'store_in_use' });
    await bench.settle(mesh.append(group([tasks, 1])));
    const again = await bench.settle((await bench.reopen(log)).mesh(demo));
    expect(again.head).toBe(1);
    expect(again.incarnations).toHaveLength(2);
  });

  test('a closed log refuses calls with `closed`, and closing it again does nothing', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    await bench.settle(log.close());
    await bench.settle(log.close());
    await expect(bench.settle(log.mesh(demo))).rejects.toMatchObject({ code: 'closed' });
    await expect(bench.settle(mesh.append(group([tasks, 1])))).rejects.toMatchObject({
      code: 'closed',
    });
  });
}

function testEnds(bench: Bench): void {
  const floor = { namespace: notes.namespace, floor: 3, segment: undefined };
  const one = { namespace: notes.namespace, floor: 0, segment: 'i4-x' as SegmentName };

  test('[DL] an end is kept for ever, and the documents it names are gone with it', async () => {
    const mesh = await bench.mesh();
    await bench.settle(mesh.append(group([tasks, 1], [notes, 2], [notes, 3])));
    await bench.settle(mesh.putEnd(floor, [notes.guid, 'unknown' as Guid]));
    await bench.settle(mesh.putEnd(one, []));
    await bench.settle(mesh.putEnd(one, []));
    await bench.crash();
    const again = await bench.mesh();
    expect(new Set((await bench.settle(again.ends())).map((end) => JSON.stringify(end)))).toEqual(
      new Set([floor, one].map((end) => JSON.stringify(end))),
    );
    expect((await bench.settle(again.documents())).map(({ guid }) => guid)).toEqual([tasks.guid]);
    expect(await bench.settle(again.read(notes.guid, 0))).toBeUndefined();
    expect(await bench.settle(again.state(notes.guid))).toBeUndefined();
    expect(await bench.settle(again.append(group([tasks, 4])))).toEqual({ first: 4, last: 4 });
  });

  test('[ND] an erasure changes nothing of what the log holds, and numbers go on', async () => {
    const log = await bench.open();
    const mesh = await bench.settle(log.mesh(demo));
    await bench.settle(mesh.append(group([tasks, 1], [notes, 2], [tasks, 3])));
    await bench.settle(mesh.putBase(tasks.guid, { update: content(9), through: 1 }));
    await bench.settle(mesh.dropRows(tasks.guid));
    const before = await bench.settle(mesh.read(tasks.guid, 0));
    await bench.settle(log.erase());
    expect(await bench.settle(mesh.read(tasks.guid, 0))).toEqual(before);
    await bench.crash();
    const again = await bench.mesh();
    expect(await bench.settle(again.read(tasks.guid, 0))).toEqual(before);
    expect(await bench.settle(again.append(group([notes, 4])))).toEqual({ first: 4, last: 4 });
  });
}
