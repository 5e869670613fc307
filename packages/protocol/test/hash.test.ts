import { createHash } from 'node:crypto';
import { sha256, sha256Hex } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';

/** A block is 64 bytes, of which the padding takes at least 9. */
const LENGTHS = [...Array(200).keys(), 1000, 1024, 65_536, 1_000_003];

type Digest = (bytes: Uint8Array) => Uint8Array;
// What a browser is served of the same module. Node resolves it to its own.
const served = new URL('./sha256.js', import.meta.resolve('lib0/hash/sha256'));
const { digest } = (await import(/* @vite-ignore */ served.href)) as { readonly digest: Digest };

describe.each<[string, Digest]>([
  ['Node', sha256],
  ['a browser', digest],
])('SHA-256 in %s', (_, hash) => {
  test('is the one that everybody computes, at every length', () => {
    for (const length of LENGTHS) {
      const bytes = Uint8Array.from({ length }, (_, i) => (i * 151 + length) % 256);
      const expected = new Uint8Array(createHash('sha256').update(bytes).digest());
      expect(hash(bytes), `${length} bytes`).toEqual(expected);
    }
  });
});

test('a text is hashed as its UTF-8', () => {
  expect(sha256Hex('é')).toBe(createHash('sha256').update('é').digest('hex'));
});
