import { fromHex, toHex } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { nodeRuntime, nodeSignatures } from '../src/index.js';

/** RFC 8032 §7.1, tests 1 and 2. */
const vectors = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
];

test.each(vectors)('signs and verifies as RFC 8032 says, message "$message"', async (vector) => {
  const seed = fromHex(vector.seed);
  const message = fromHex(vector.message);
  expect(toHex(await nodeSignatures.publicKey(seed))).toBe(vector.publicKey);
  const signature = await nodeSignatures.sign(seed, message);
  expect(toHex(signature)).toBe(vector.signature);
  expect(signature.constructor).toBe(Uint8Array);
  expect(await nodeSignatures.verify(fromHex(vector.publicKey), message, signature)).toBe(true);
});

test('a changed message, a foreign key or malformed bytes do not verify, and raise no error', async () => {
  const seed = new Uint8Array(32).fill(7);
  const key = await nodeSignatures.publicKey(seed);
  const digest = new Uint8Array(32).fill(1);
  const signature = await nodeSignatures.sign(seed, digest);
  const other = await nodeSignatures.publicKey(new Uint8Array(32).fill(8));
  expect(await nodeSignatures.verify(key, new Uint8Array(32).fill(2), signature)).toBe(false);
  expect(await nodeSignatures.verify(other, digest, signature)).toBe(false);
  expect(await nodeSignatures.verify(key.subarray(1), digest, signature)).toBe(false);
  expect(await nodeSignatures.verify(key, digest, signature.subarray(1))).toBe(false);
  expect(await nodeSignatures.verify(new Uint8Array(32).fill(255), digest, signature)).toBe(false);
});

test('many different keys stay correct beyond the number that is kept parsed', async () => {
  const digest = new Uint8Array(32);
  const seeds = Array.from({ length: 600 }, (_, i) => {
    const seed = new Uint8Array(32);
    new DataView(seed.buffer).setUint32(0, i);
    return seed;
  });
  const first = await nodeSignatures.sign(seeds[0] as Uint8Array, digest);
  for (const seed of seeds) await nodeSignatures.sign(seed, digest);
  expect(await nodeSignatures.sign(seeds[0] as Uint8Array, digest)).toEqual(first);
});

test('timers run once, and a canceled one never', async () => {
  const runtime = nodeRuntime();
  const ran: string[] = [];
  await new Promise<void>((resolve) => {
    const cancel = runtime.after(1, () => ran.push('canceled'));
    cancel();
    cancel();
    runtime.after(2, () => ran.push('first'));
    runtime.after(5, () => {
      ran.push('second');
      resolve();
    });
  });
  expect(ran).toEqual(['first', 'second']);
});

test('random bytes are plain bytes and differ', () => {
  const runtime = nodeRuntime();
  expect(runtime.randomBytes(16).constructor).toBe(Uint8Array);
  expect(toHex(runtime.randomBytes(16))).not.toBe(toHex(runtime.randomBytes(16)));
});
