import type { RecordReferences, Reference, TopicPlace } from '@mnemesh/core';
import type { Namespace, RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import type { StoreBench } from './replica-store-bench.js';
import { clock, guid, memory, record, recordId, tasks } from './replica-store-samples.js';

export function testReferences(bench: StoreBench): void {
  describe('what records refer to', () => {
    it('is found from the other end, within its namespace and by its kind', async () => {
      const written = await bench.with({
        records: [record('A'), record('B'), record('C', { namespace: tasks })],
        references: [
          refers('A', ['topic', 'ship'], ['source', '1.X'], ['source', '1.Y']),
          refers('B', ['topic', 'ship'], ['supersedes', '1.X']),
          refers('C', ['topic', 'ship'], { namespace: tasks }),
        ],
      });
      const store = await bench.reopen(written);
      expect(await store.namedBy(memory, 'topic', ['ship'])).toEqual(named('ship', 'A', 'B'));
      expect(await store.namedBy(tasks, 'topic', ['ship', 'ship'])).toEqual(named('ship', 'C'));
      expect(await store.namedBy(memory, 'source', ['1.Y', '1.X', '1.Z'])).toEqual([
        ...named('1.X', 'A'),
        ...named('1.Y', 'A'),
      ]);
      expect(await store.namedBy(memory, 'supersedes', ['1.Y'])).toEqual([]);
      expect(await store.namedBy(memory, 'topic', [])).toEqual([]);
    });

    it('[ID] is what was said last, and is dropped with the record or when it is put anew', async () => {
      const store = await bench.with(
        { records: [record('A')], references: [refers('A', ['topic', 'old'], ['pin', ''])] },
        { references: [refers('A', ['topic', 'new'])] },
        { references: [refers('A', ['topic', 'new'])] },
      );
      expect(await store.namedBy(memory, 'topic', ['old', 'new'])).toEqual(named('new', 'A'));
      expect(await store.count({ refersTo: { kind: 'pin' } })).toBe(0);
      await store.commit({ records: [record('A', { state: 'decision' })] });
      expect(await store.namedBy(memory, 'topic', ['new'])).toEqual([]);
      await store.commit({ references: [refers('A', ['topic', 'new'])] });
      await store.commit({ removeRecords: [{ namespace: memory, id: recordId('A') }] });
      expect(await store.namedBy(memory, 'topic', ['new'])).toEqual([]);
    });

    it('[DL] outlives its record when it is given with the removal: what was forgotten goes on superseding', async () => {
      const store = await bench.with(
        { records: [record('A'), record('B')], references: [refers('B', ['supersedes', '1.A'])] },
        {
          removeRecords: [{ namespace: memory, id: recordId('B') }],
          references: [refers('B', ['supersedes', '1.A'])],
        },
      );
      const again = await bench.reopen(store);
      expect(await again.namedBy(memory, 'supersedes', ['1.A'])).toEqual(named('1.A', 'B'));
      expect(await again.count({ superseded: true })).toBe(1);
      expect(await again.count({ superseded: false })).toBe(0);
    });

    it('narrows a query and its count, together with every other filter', async () => {
      const store = await bench.with({
        records: ['A', 'B', 'C', 'D'].map((local, n) =>
          record(local, { created: clock(n), archived: local === 'D' }),
        ),
        references: [
          refers('A', ['topic', 'ship'], ['pin', '']),
          refers('B', ['topic', 'ship'], ['supersedes', '1.A']),
          refers('C', ['topic', 'other'], ['supersedes', '1.Z']),
          refers('D', ['topic', 'ship']),
        ],
      });
      const found = async (query: Parameters<typeof store.count>[0]): Promise<string> => {
        const records = await store.query({ ...query, limit: 10 });
        expect(await store.count(query)).toBe(records.length);
        return records.map(({ id }) => id.slice(2)).join('');
      };
      const ship = { refersTo: { kind: 'topic', target: 'ship' } } as const;
      expect(await found(ship)).toBe('BA');
      expect(await found({ ...ship, superseded: false })).toBe('B');
      expect(await found({ ...ship, superseded: true })).toBe('A');
      expect(await found({ ...ship, archived: 'any' })).toBe('DBA');
      expect(await found({ ...ship, namespaces: [tasks] })).toBe('');
      expect(await found({ ...ship, state: 'decision' })).toBe('');
      expect(await found({ refersTo: { kind: 'supersedes' } })).toBe('CB');
      expect(await found({ refersTo: { kind: 'pin' } })).toBe('A');
      expect(await found({ superseded: false })).toBe('CB');
    });

    it('names the topics with more than one record that nothing hides or supersedes [CF]', async () => {
      const store = await bench.with({
        records: [
          ...['A', 'B', 'C', 'D', 'E'].map((local) => record(local)),
          record('F', { archived: true }),
          record('G', { namespace: tasks }),
          record('H', { namespace: tasks }),
        ],
        references: [
          refers('A', ['topic', 'twice'], ['topic', 'once']),
          refers('B', ['topic', 'twice'], ['topic', 'twice']),
          refers('C', ['topic', 'replaced']),
          refers('D', ['topic', 'replaced'], ['supersedes', '1.C']),
          refers('E', ['topic', 'hidden']),
          refers('F', ['topic', 'hidden']),
          refers('G', ['topic', 'again'], { namespace: tasks }),
          refers('H', ['topic', 'again'], { namespace: tasks }),
          refers('I', ['topic', 'once']),
        ],
      });
      const all = [
        { namespace: tasks, topic: 'again' },
        { namespace: memory, topic: 'twice' },
      ];
      expect(await store.contestedTopics({ limit: 9 })).toEqual(all);
      expect(await store.contestedTopics({ limit: 1 })).toEqual(all.slice(0, 1));
      const [first, last] = all as [TopicPlace, TopicPlace];
      expect(await store.contestedTopics({ after: first, limit: 9 })).toEqual([last]);
      expect(await store.contestedTopics({ after: last, limit: 9 })).toEqual([]);
      expect(await store.contestedTopics({ namespaces: [memory], limit: 9 })).toEqual(all.slice(1));
      expect(await store.contestedTopics({ namespaces: [], limit: 9 })).toEqual([]);
    });
  });

  it('remembers by which rules each namespace was projected', async () => {
    const store = await bench.with(
      {
        projected: [
          { namespace: memory, rules: 'one' },
          { namespace: tasks, rules: 'one' },
        ],
      },
      { projected: [{ namespace: memory, rules: 'two' }] },
    );
    expect(await (await bench.reopen(store)).projections()).toEqual(
      new Map([
        [memory, 'two'],
        [tasks, 'one'],
      ]),
    );
  });
}

type Given = readonly [Reference['kind'], string] | { readonly namespace: Namespace };

function refers(local: string, ...given: readonly Given[]): RecordReferences {
  const references: Reference[] = [];
  let namespace: Namespace = memory;
  for (const one of given) {
    if ('namespace' in one) namespace = one.namespace;
    else references.push({ kind: one[0], target: one[1] });
  }
  return { guid: guid('a'), namespace, id: recordId(local), references };
}

function named(target: string, ...locals: readonly string[]): { target: string; id: RecordId }[] {
  return locals.map((local) => ({ target, id: recordId(local) }));
}
