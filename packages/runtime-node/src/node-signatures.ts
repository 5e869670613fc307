import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fromHex, type Signatures, toHex } from '@mnemesh/protocol';

/** What stands before the raw 32 bytes of a key in DER: PKCS#8 for a seed, SPKI for a public key. */
const SEED_PREFIX = fromHex('302e020100300506032b657004220420');
const PUBLIC_PREFIX = fromHex('302a300506032b6570032100');
const KEY_BYTES = 32;

/** Parsed keys kept of each kind: about as many agents as one mesh has. Parsing costs a third of a verification. */
const KEYS_KEPT = 512;

function createNodeSignatures(): Signatures {
  const seeds = new KeyCache(privateKey);
  const keys = new KeyCache(publicKey);
  return {
    sign: async (seed, digest) => new Uint8Array(sign(null, digest, seeds.get(seed))),
    verify: async (key, digest, signature) => {
      try {
        return verify(null, digest, keys.get(key), signature);
      } catch {
        return false;
      }
    },
    publicKey: async (seed) => {
      const spki = createPublicKey(seeds.get(seed)).export({ format: 'der', type: 'spki' });
      return new Uint8Array(spki.subarray(spki.length - KEY_BYTES));
    },
  };
}

/** The keys used last, parsed. */
class KeyCache {
  readonly #parse: (raw: Uint8Array) => KeyObject;
  readonly #keys = new Map<string, KeyObject>();

  constructor(parse: (raw: Uint8Array) => KeyObject) {
    this.#parse = parse;
  }

  get(raw: Uint8Array): KeyObject {
    const name = toHex(raw);
    const key = this.#keys.get(name) ?? this.#parse(raw);
    this.#keys.delete(name);
    this.#keys.set(name, key);
    if (this.#keys.size > KEYS_KEPT) {
      const [oldest] = this.#keys.keys();
      this.#keys.delete(oldest as string);
    }
    return key;
  }
}

function privateKey(seed: Uint8Array): KeyObject {
  const key = Buffer.concat([SEED_PREFIX, expectKey(seed)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function publicKey(raw: Uint8Array): KeyObject {
  const key = Buffer.concat([PUBLIC_PREFIX, expectKey(raw)]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

function expectKey(raw: Uint8Array): Uint8Array {
  if (raw.length !== KEY_BYTES) throw new RangeError(`an Ed25519 key has ${KEY_BYTES} bytes`);
  return raw;
}

/** Ed25519 of `node:crypto`. Each call blocks for about a tenth of a millisecond. */
export const nodeSignatures: Signatures = createNodeSignatures();
