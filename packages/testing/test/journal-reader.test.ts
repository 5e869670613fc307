import { expect, test } from 'vitest';
import { encodeJournalFrame, JournalReader } from '../src/index.js';

/** A reader of one-byte frames that says what the journal holds, and what it replayed to know it. */
function worldOf() {
  const replayed: number[] = [];
  const reader = new JournalReader<number[]>(
    () => [],
    (held, payload) => {
      replayed.push(payload[0] as number);
      held.push(payload[0] as number);
    },
  );
  const read = (bytes: Uint8Array) => {
    replayed.length = 0;
    return { holds: [...reader.read(bytes)], replayed: [...replayed] };
  };
  return { read };
}

const journal = (...values: readonly number[]): Uint8Array =>
  new Uint8Array(values.flatMap((value) => [...encodeJournalFrame(Uint8Array.of(value))]));

test('a journal that grew is read on from where the last look ended', () => {
  const { read } = worldOf();
  expect(read(journal(1, 2))).toEqual({ holds: [1, 2], replayed: [1, 2] });
  expect(read(journal(1, 2, 3))).toEqual({ holds: [1, 2, 3], replayed: [3] });
  expect(read(journal(1, 2, 3))).toEqual({ holds: [1, 2, 3], replayed: [] });
});

test('a torn tail counts for nothing until it is whole', () => {
  const { read } = worldOf();
  const whole = journal(1, 2);
  expect(read(whole.subarray(0, whole.length - 1)).holds).toEqual([1]);
  expect(read(whole)).toEqual({ holds: [1, 2], replayed: [2] });
});

test('a journal that was cut, put back or spoiled is read from its start [ND]', () => {
  const { read } = worldOf();
  expect(read(journal(1, 2, 3)).holds).toEqual([1, 2, 3]);
  expect(read(journal(1)).holds).toEqual([1]);
  expect(read(journal(1, 4)).holds).toEqual([1, 4]);
  expect(read(journal(5, 4, 6)).holds).toEqual([5, 4, 6]);
  const spoiled = journal(5, 4, 6, 7);
  spoiled[10] = (spoiled[10] as number) ^ 1;
  expect(read(spoiled).holds).toEqual([5]);
  expect(read(new Uint8Array(0)).holds).toEqual([]);
});
