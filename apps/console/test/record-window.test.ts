import type { CollectionChange, ListQuery, RecordView } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { RecordWindow, type WindowOptions } from '../src/app/data/record-window.js';

interface Note extends RecordView {
  readonly supersedes?: readonly string[];
}

const note = (n: number, more: Partial<Note> = {}): Note =>
  ({ id: `n${n}`, createdAt: new Date(n * 1000).toISOString(), archived: false, ...more }) as Note;

/** A collection that is as large as it says, newest first, and whose changes the test tells. */
function collection(size: number) {
  const queries: ListQuery[] = [];
  let tell: (changes: readonly CollectionChange<Note>[]) => void = () => undefined;
  return {
    queries,
    change: (record: Note) =>
      tell([{ id: record.id, record, origin: 'remote' } as CollectionChange<Note>]),
    forget: (n: number) =>
      tell([{ id: `n${n}`, record: undefined, origin: 'remote' } as CollectionChange<Note>]),
    list: async (query: ListQuery): Promise<readonly Note[]> => {
      queries.push(query);
      const from = query.before === undefined ? size : Number(query.before.id.slice(1)) - 1;
      const count = Math.min(query.limit ?? 50, from);
      return Array.from({ length: count }, (_, n) => note(from - n));
    },
    watch: (listener: typeof tell) => {
      tell = listener;
      return () => undefined;
    },
  };
}

async function open(
  size: number,
  options: Partial<WindowOptions<Note>> = {},
): Promise<{ window: RecordWindow<Note>; source: ReturnType<typeof collection> }> {
  const source = collection(size);
  const window = new RecordWindow<Note>(source, { query: {}, admits: () => true, ...options });
  window.begin();
  await expect.poll(() => window.read().isFresh).toBe(false);
  return { window, source };
}

const ids = (window: RecordWindow<Note>): readonly string[] =>
  window.read().items.map(({ id }) => id);

test('of fifty thousand records one page is read, and another as somebody looks further down', async () => {
  const { window, source } = await open(50_000);
  expect(window.read().items.length).toBe(100);
  window.more();
  window.more();
  await expect.poll(() => window.read().items.length).toBe(200);
  expect(source.queries.length).toBe(2);
  expect(ids(window)[199]).toBe('n49801');
  expect(window.read().isComplete).toBe(false);
});

test('what is written appears at its place, what changes is exchanged, what is forgotten goes', async () => {
  const { window, source } = await open(3);
  expect(window.read().isComplete).toBe(true);
  source.change(note(4));
  source.change(note(2, { archived: true }));
  expect(ids(window)).toEqual(['n4', 'n3', 'n2', 'n1']);
  expect(window.read().items[2]?.archived).toBe(true);
  source.forget(3);
  expect(ids(window)).toEqual(['n4', 'n2', 'n1']);
});

test('what a later item takes the place of goes, and what does not belong here never comes', async () => {
  const { window, source } = await open(3, {
    admits: ({ archived }) => !archived,
    displaces: ({ supersedes }) => supersedes ?? [],
  });
  source.change(note(4, { supersedes: ['n2'] }));
  source.change(note(5, { archived: true }));
  expect(ids(window)).toEqual(['n4', 'n3', 'n1']);
});

test('a change further down than what was read waits for its page', async () => {
  const { window, source } = await open(1_000);
  source.change(note(3));
  expect(window.read().items.length).toBe(100);
});
