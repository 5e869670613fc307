import * as decoding from 'lib0/decoding';
import { expect, test } from 'vitest';
import { decodeValue, encodeValue } from '../src/journal-values.js';

test('what a journal reads is what was written, and what lib0 reads', () => {
  const value = {
    nothing: undefined,
    none: null,
    flags: [true, false],
    numbers: [0, -1, 2 ** 31, 2 ** 53 - 1, 0.5, -1e300, Number.NaN],
    texts: ['', 'plain', 'größer 🙂', '\u0000'],
    bytes: [new Uint8Array(0), Uint8Array.of(1, 2, 255)],
    nested: { list: [{ größe: 1 }, {}] },
  };
  const payload = encodeValue(value);
  expect(decodeValue(payload)).toEqual(value);
  expect(decodeValue(payload)).toEqual(decoding.readAny(decoding.createDecoder(payload)));
});

test('a decoded value keeps its bytes when the buffer it came from changes', () => {
  const payload = encodeValue({ bytes: Uint8Array.of(7, 8) });
  const value = decodeValue(payload);
  payload.fill(0);
  expect(value).toEqual({ bytes: Uint8Array.of(7, 8) });
});
