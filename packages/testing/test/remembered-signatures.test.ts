import type { Signatures } from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { expect, test } from 'vitest';
import { rememberedSignatures } from '../src/index.js';

const seed = new Uint8Array(32).fill(7);
const digest = new Uint8Array(32).fill(1);

/** Signatures of Node that count how often they really check. */
function counted(): { readonly signatures: Signatures; readonly checks: () => number } {
  let checks = 0;
  const signatures: Signatures = {
    ...nodeSignatures,
    verify: (...signed) => {
      checks++;
      return nodeSignatures.verify(...signed);
    },
  };
  return { signatures, checks: () => checks };
}

test('the same bytes are checked once, and whoever asks is told the same', async () => {
  const { signatures, checks } = counted();
  const remembered = rememberedSignatures(signatures);
  const key = await remembered.publicKey(seed);
  const signature = await remembered.sign(seed, digest);
  expect(checks()).toBe(0);
  for (let i = 0; i < 3; i++) {
    expect(await remembered.verify(key, digest.slice(), signature.slice())).toBe(true);
  }
  expect(checks()).toBe(1);
});

test('one other byte of key, digest or signature is another question', async () => {
  const { signatures, checks } = counted();
  const remembered = rememberedSignatures(signatures);
  const signed = [
    await remembered.publicKey(seed),
    digest,
    await remembered.sign(seed, digest),
  ] as const;
  expect(await remembered.verify(...signed)).toBe(true);
  let asked = 1;
  for (const [part, bytes] of signed.entries()) {
    for (const at of [0, bytes.length - 1]) {
      const changed = signed.map((other) => other.slice()) as [Uint8Array, Uint8Array, Uint8Array];
      (changed[part] as Uint8Array)[at] = (bytes[at] as number) ^ 1;
      expect(await remembered.verify(...changed)).toBe(false);
      expect(checks()).toBe(++asked);
    }
  }
});

test('bytes that lie otherwise between key, digest and signature are another question', async () => {
  const { signatures, checks } = counted();
  const remembered = rememberedSignatures(signatures);
  const key = await remembered.publicKey(seed);
  const signature = await remembered.sign(seed, digest);
  expect(await remembered.verify(key, digest, signature)).toBe(true);
  const longer = new Uint8Array([...digest, signature[0] as number]);
  expect(await remembered.verify(key, longer, signature.subarray(1))).toBe(false);
  expect(checks()).toBe(2);
});
