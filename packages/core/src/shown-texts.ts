import type { Namespace, RecordId } from '@mnemesh/protocol';
import { normalText } from './records/normal-text.js';

/** Texts of which a session remembers that it was shown them. One that falls out can be stored again as new. */
const TEXTS = 20_000;

/** Prose documents whose text a session remembers, and their characters together. One that falls out is to be read again before it is replaced. */
const PROSES = 32;
const PROSE_CHARS = 8_000_000;

/** Which items a session has read, by what they say: text that comes back is no news. */
export class ShownTexts {
  readonly #ids = new Map<string, RecordId>();
  readonly #proses = new Map<string, string>();
  #proseChars = 0;

  add(namespace: Namespace, id: RecordId, text: string): void {
    const key = keyOf(namespace, text);
    this.#ids.delete(key);
    this.#ids.set(key, id);
    if (this.#ids.size <= TEXTS) return;
    for (const oldest of this.#ids.keys()) {
      this.#ids.delete(oldest);
      break;
    }
  }

  /** A prose document was read as this. */
  addProse(namespace: Namespace, id: RecordId, text: string): void {
    this.#dropProse(`${namespace} ${id}`);
    this.#proses.set(`${namespace} ${id}`, text);
    this.#proseChars += text.length;
    for (const oldest of this.#proses.keys()) {
      if (this.#proses.size <= PROSES && this.#proseChars <= PROSE_CHARS) return;
      this.#dropProse(oldest);
    }
  }

  /** What a prose document was read as last. */
  prose(namespace: Namespace, id: RecordId): string | undefined {
    return this.#proses.get(`${namespace} ${id}`);
  }

  #dropProse(key: string): void {
    this.#proseChars -= this.#proses.get(key)?.length ?? 0;
    this.#proses.delete(key);
  }

  /** The item that was shown with this text, by a short hash: whoever relies on it reads the item again. */
  find(namespace: Namespace, text: string): RecordId | undefined {
    return this.#ids.get(keyOf(namespace, text));
  }
}

function keyOf(namespace: Namespace, text: string): string {
  return `${namespace} ${shortHash(normalText(text))}`;
}

/** FNV-1a, 32 bits, over code units; and the length. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return `${hash >>> 0}-${text.length}`;
}
