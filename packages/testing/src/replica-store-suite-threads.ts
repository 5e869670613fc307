import type { StoredRecord, ThreadQuery } from '@mnemesh/core';
import { describe, expect, it } from 'vitest';
import { threadOf } from './record-query.js';
import type { StoreBench } from './replica-store-bench.js';
import { clock, memory, namespaces, record, recordId } from './replica-store-samples.js';

const talk = { namespace: memory, thread: 'talk' };

export function testThreads(bench: StoreBench): void {
  describe('a thread', () => {
    it('gives its records in their order, whenever they came', async () => {
      const store = await bench.with(
        { records: [placed('C', 2), placed('A', 0)] },
        { records: [placed('B', 1), record('D'), placed('E', 1, { thread: 'another' })] },
      );
      const found = await (await bench.reopen(store)).thread({ ...talk, limit: 9 });
      expect(found).toEqual([placed('A', 0), placed('B', 1), placed('C', 2)]);
    });

    it('orders what was given one place apart by its clocks, then by its ids', async () => {
      const records = [
        placed('C', 1, { created: clock(5) }),
        placed('B', 1, { created: clock(5) }),
        placed('A', 1, { created: clock(7) }),
      ];
      const store = await bench.with({ records });
      const found = await store.thread({ ...talk, limit: 9 });
      expect(found.map(({ id }) => id)).toEqual(['B', 'C', 'A'].map(recordId));
    });

    it('leads page by page through every record once, from either end', async () => {
      const records = Array.from({ length: 60 }, (_, n) =>
        placed(`P${n}`, n % 23, {
          created: clock(n % 7),
          namespace: namespaces[n % 2] as StoredRecord['namespace'],
        }),
      );
      const store = await bench.with({ records });
      for (const direction of ['forward', 'backward'] as const) {
        const all = threadOf(records, { ...talk, direction, limit: 99 });
        const pages: StoredRecord[] = [];
        for (let query: ThreadQuery | undefined = { ...talk, direction, limit: 7 }; query; ) {
          const page = await store.thread(query);
          pages.push(...page);
          const last = page.at(-1);
          query = last && { ...query, from: { ...last, position: last.position as number } };
        }
        expect(pages).toEqual(all);
        expect(all).toHaveLength(30);
      }
    });

    it('forgets what was removed from it', async () => {
      const store = await bench.with({ records: [placed('A', 0), placed('B', 1)] });
      await store.commit({ removeRecords: [{ namespace: memory, id: recordId('A') }] });
      expect(await store.thread({ ...talk, limit: 9 })).toEqual([placed('B', 1)]);
    });
  });
}

function placed(
  local: string,
  position: number,
  changes: Partial<StoredRecord> = {},
): StoredRecord & { readonly position: number } {
  return { ...record(local, { thread: 'talk', ...changes }), position };
}
