import {
  concatBytes,
  limits,
  type MeshId,
  MnemeshError,
  type Runtime,
  sha256,
} from '@mnemesh/protocol';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { toBase64Url } from './base64.js';
import { webrtcLimits } from './webrtc-limits.js';

/** Characters of the shortest secret: 128 bits in base64url. */
const SECRET_CHARS = 22;
const SECRET_CHARS_AT_MOST = 256;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
/** Before what is padded: its length. */
const LENGTH_BYTES = 2;

/**
 * What the members of a mesh share and signaling servers do not know. Whoever has it finds the peers and
 * is one: the fingerprints of their connections travel sealed with it.
 */
export class MeshSecret {
  /** Where peers meet on a signaling server. Tells nothing of the mesh. */
  readonly topic: string;
  readonly #key: Uint8Array;
  readonly #bound: Uint8Array;
  readonly #runtime: Pick<Runtime, 'randomBytes'>;

  /** @throws MnemeshError `bad_input` for a secret that could be guessed */
  constructor(secret: string, mesh: MeshId, runtime: Pick<Runtime, 'randomBytes'>) {
    if (secret.length < SECRET_CHARS || secret.length > SECRET_CHARS_AT_MOST)
      throw new MnemeshError(
        'bad_input',
        `A mesh secret has ${SECRET_CHARS} to ${SECRET_CHARS_AT_MOST} characters that nobody can guess. Make one with "mnemesh invite".`,
      );
    this.#runtime = runtime;
    this.#key = derive('key', secret, mesh);
    this.#bound = derive('topic', secret, mesh);
    this.topic = toBase64Url(this.#bound);
  }

  /** @throws MnemeshError `too_large` */
  seal(bytes: Uint8Array): Uint8Array {
    const padded = padding(LENGTH_BYTES + bytes.length);
    if (NONCE_BYTES + padded.length + TAG_BYTES > limits.signalBytes)
      throw new MnemeshError('too_large', `A signal of ${bytes.length} bytes is too long.`);
    new DataView(padded.buffer).setUint16(0, bytes.length);
    padded.set(bytes, LENGTH_BYTES);
    const nonce = this.#runtime.randomBytes(NONCE_BYTES);
    return concatBytes([nonce, xchacha20poly1305(this.#key, nonce, this.#bound).encrypt(padded)]);
  }

  /** @returns undefined for what was not sealed with this secret */
  open(sealed: Uint8Array): Uint8Array | undefined {
    if (sealed.length <= NONCE_BYTES + TAG_BYTES || sealed.length > limits.signalBytes)
      return undefined;
    const nonce = sealed.subarray(0, NONCE_BYTES);
    try {
      const cipher = xchacha20poly1305(this.#key, nonce, this.#bound);
      const padded = cipher.decrypt(sealed.subarray(NONCE_BYTES));
      const length = new DataView(padded.buffer, padded.byteOffset).getUint16(0);
      return padded.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    } catch {
      return undefined;
    }
  }
}

function padding(bytes: number): Uint8Array<ArrayBuffer> {
  const { signalPadBytes } = webrtcLimits;
  return new Uint8Array(Math.ceil(bytes / signalPadBytes) * signalPadBytes);
}

function derive(what: 'key' | 'topic', secret: string, mesh: MeshId): Uint8Array {
  return sha256(new TextEncoder().encode(`mnemesh/webrtc/1\n${what}\n${mesh}\n${secret}`));
}
