import type { Conversations } from '@mnemesh/core';
import { expect, onTestFinished, test } from 'vitest';
import { type UsageLimits, UsageReading } from '../src/app/usage/usage-reading.js';
import { total } from '../src/app/usage/usage-sums.js';

type Source = ConstructorParameters<typeof UsageReading>[0];
type EventsListener = Parameters<Conversations['watchEvents']>[0];

/** Conversations of so many events each, every one of which cost one token; those that are asked for are counted. */
function talks(sizes: readonly number[]) {
  const counts = [...sizes];
  const asked: number[] = [];
  let tell: EventsListener = () => undefined;
  const event = (conversation: number, n: number) => ({
    id: `e${n}`,
    conversation: `c${conversation}`,
    createdBy: 'a',
    createdAt: '2026-03-01T00:00:00Z',
    tokensIn: 1,
  });
  const source = {
    count: async () => counts.length,
    list: async ({ limit = 50, before }: { limit?: number; before?: { id: string } }) => {
      const from = before === undefined ? counts.length : Number(before.id.slice(1));
      return Array.from({ length: Math.min(limit, from) }, (_, n) => ({ id: `c${from - n - 1}` }));
    },
    events: async (
      id: string,
      { limit = 50, before }: { limit?: number; before?: { id: string } },
    ) => {
      const conversation = Number(id.slice(1));
      asked.push(conversation);
      const to = before === undefined ? (counts[conversation] ?? 0) : Number(before.id.slice(1));
      const from = Math.max(0, to - limit);
      return Array.from({ length: to - from }, (_, n) => event(conversation, from + n));
    },
    watch: () => () => undefined,
    watchEvents: (listener: EventsListener) => {
      tell = listener;
      return () => undefined;
    },
  };
  return {
    source: source as unknown as Source,
    asked,
    append: (conversation: number): void => {
      counts[conversation] = (counts[conversation] ?? 0) + 1;
      const record = event(conversation, (counts[conversation] ?? 0) - 1);
      tell([
        { id: record.id, record, origin: 'remote' },
      ] as unknown as Parameters<EventsListener>[0]);
    },
  };
}

async function read(sizes: readonly number[], limits?: UsageLimits) {
  const held = talks(sizes);
  const reading = new UsageReading(held.source, limits);
  const told: number[] = [];
  reading.subscribe(() => told.push(reading.read().read));
  reading.begin();
  onTestFinished(() => reading.end());
  await expect.poll(() => reading.read().isComplete).toBe(true);
  return { ...held, reading, told };
}

const tokens = (reading: UsageReading): number => total(reading.read().rows).tokensIn;

test('every event of every conversation is summed up, page by page, with how far it has come', async () => {
  const { reading, told } = await read([...Array<number>(1_200).fill(2), 1_750]);
  expect(reading.read()).toMatchObject({ read: 1_201, known: 1_201, isCut: false });
  expect(tokens(reading)).toBe(2 * 1_200 + 1_750);
  expect(told.slice(0, 3)).toEqual([25, 50, 75]);
});

test('what is more than can be read is left out, the oldest first, and that is told', async () => {
  const { reading } = await read([5, 5, 5, 5], { conversations: 3, events: 1_000 });
  expect(reading.read()).toMatchObject({ read: 3, known: 4, isCut: true });
  expect(tokens(reading)).toBe(15);
  const { reading: other } = await read([5, 5, 700], { conversations: 100, events: 600 });
  expect(other.read()).toMatchObject({ isCut: true });
  expect(tokens(other)).toBe(600);
});

test('when something is said, only its conversation is read again', async () => {
  const { reading, asked, append } = await read([3, 4, 5]);
  asked.length = 0;
  append(1);
  await expect.poll(() => tokens(reading)).toBe(13);
  expect(asked).toEqual([1]);
});
