import type { Guid } from '@mnemesh/protocol';
import type { DocumentState } from '@mnemesh/segment';

/** Documents whose state is remembered after they were unloaded; some hundred bytes each, more where many wrote. */
const REMEMBERED_STATES = 4_096;

/**
 * What unloaded documents hold, as far as it was known lately: comparing documents with a relay or a
 * peer then reads none of them. A loaded document's own state stands above what is remembered here.
 */
export class RestedStates {
  readonly #states = new Map<Guid, DocumentState>();

  get(guid: Guid): DocumentState | undefined {
    return this.#states.get(guid);
  }

  set(guid: Guid, state: DocumentState): void {
    this.#states.delete(guid);
    this.#states.set(guid, state);
    if (this.#states.size <= REMEMBERED_STATES) return;
    const [oldest] = this.#states.keys();
    this.#states.delete(oldest as Guid);
  }

  /** The document is about to change. */
  delete(guid: Guid): void {
    this.#states.delete(guid);
  }
}
