import { limits, newMeshSecret, parseMeshId } from '@mnemesh/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MeshSecret } from '../src/mesh-secret.js';
import { RealRuntime } from './real-runtime.js';

const runtime = new RealRuntime();
const text = newMeshSecret(runtime);
const secretOf = (secret = text, mesh = 'atlas'): MeshSecret =>
  new MeshSecret(secret, parseMeshId(mesh), runtime);
const bytes = new TextEncoder().encode('an offer with addresses');

test('members of one mesh read each other, and nobody else reads them [AU]', () => {
  const sealed = secretOf().seal(bytes);
  expect(secretOf().open(sealed)).toEqual(bytes);
  expect(secretOf(newMeshSecret(runtime)).open(sealed)).toBeUndefined();
  expect(secretOf(text, 'other').open(sealed)).toBeUndefined();
});

test('what is sealed shows neither its text nor its length, and no two are alike', () => {
  const short = secretOf().seal(bytes);
  const longer = secretOf().seal(new Uint8Array(400));
  expect(short.length).toBe(longer.length);
  expect(Buffer.from(short).includes(Buffer.from(bytes.subarray(0, 6)))).toBe(false);
  expect(secretOf().seal(bytes)).not.toEqual(short);
});

test('a topic is the same for all members, another for another mesh, and names neither', () => {
  const { topic } = secretOf();
  expect(secretOf().topic).toBe(topic);
  expect(topic).not.toContain('atlas');
  expect(topic).not.toContain(text);
  expect(secretOf(text, 'other').topic).not.toBe(topic);
  expect(secretOf(newMeshSecret(runtime)).topic).not.toBe(topic);
});

test('whatever was changed, cut or made up is not opened', () => {
  const sealed = secretOf().seal(bytes);
  fc.assert(
    fc.property(fc.nat(sealed.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = sealed.slice();
      changed[at] = (changed[at] as number) ^ by;
      expect(secretOf().open(changed)).toBeUndefined();
      expect(secretOf().open(sealed.subarray(0, at))).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      expect(secretOf().open(noise)).toBeUndefined();
    }),
  );
});

test('a secret that could be guessed is refused, and so is a message that is too long', () => {
  expect(() => secretOf('hunter2')).toThrow(/nobody can guess/);
  expect(() => secretOf().seal(new Uint8Array(limits.signalBytes))).toThrow(/too long/);
});
