import { fromHex, type Signatures, toHex } from '@mnemesh/protocol';

const ED25519 = 'Ed25519';
/** What stands before the raw 32 bytes of a seed in PKCS#8. */
const SEED_PREFIX = fromHex('302e020100300506032b657004220420');
/** Public keys kept parsed: about as many agents as one mesh has. */
const KEYS_KEPT = 512;

/**
 * Ed25519 of WebCrypto. A key that must not leave the browser has no seed that a page could read: it is made
 * known by `know`, and its public key then stands for the seed.
 */
export class BrowserSignatures implements Signatures {
  readonly #subtle: SubtleCrypto;
  readonly #known = new Map<string, CryptoKey>();
  readonly #verifying = new Map<string, Promise<CryptoKey>>();

  constructor(subtle: SubtleCrypto = crypto.subtle) {
    this.#subtle = subtle;
  }

  /** From now on signs for this public key with this private one. */
  know(publicKey: Uint8Array, privateKey: CryptoKey): void {
    this.#known.set(toHex(publicKey), privateKey);
  }

  async sign(seed: Uint8Array, digest: Uint8Array): Promise<Uint8Array> {
    const key = this.#known.get(toHex(seed)) ?? (await this.#privateKey(seed, false));
    return new Uint8Array(await this.#subtle.sign(ED25519, key, own(digest)));
  }

  async verify(publicKey: Uint8Array, digest: Uint8Array, signature: Uint8Array): Promise<boolean> {
    try {
      const key = await this.#publicKey(publicKey);
      return await this.#subtle.verify(ED25519, key, own(signature), own(digest));
    } catch {
      return false;
    }
  }

  async publicKey(seed: Uint8Array): Promise<Uint8Array> {
    if (this.#known.has(toHex(seed))) return seed;
    const { x } = await this.#subtle.exportKey('jwk', await this.#privateKey(seed, true));
    const base64 = (x as string).replaceAll('-', '+').replaceAll('_', '/');
    return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  }

  #privateKey(seed: Uint8Array, extractable: boolean): Promise<CryptoKey> {
    const pkcs8 = new Uint8Array([...SEED_PREFIX, ...seed]);
    return this.#subtle.importKey('pkcs8', pkcs8, ED25519, extractable, ['sign']);
  }

  #publicKey(raw: Uint8Array): Promise<CryptoKey> {
    const name = toHex(raw);
    const key =
      this.#verifying.get(name) ??
      this.#subtle.importKey('raw', own(raw), ED25519, false, ['verify']);
    this.#verifying.delete(name);
    this.#verifying.set(name, key);
    if (this.#verifying.size > KEYS_KEPT) {
      const [oldest] = this.#verifying.keys();
      this.#verifying.delete(oldest as string);
    }
    return key;
  }
}

/** WebCrypto takes no bytes that may be shared with another thread. */
function own(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer
    ? (bytes as Uint8Array<ArrayBuffer>)
    : new Uint8Array(bytes);
}
