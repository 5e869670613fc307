import type { OpenProse, Prose } from '@mnemesh/core';
import { parseRecordId, type RecordId } from '@mnemesh/protocol';
import type { AttachedClient } from './attached-client.js';

/** What editing takes, Yjs with it, is loaded by programs that edit. For those that may do so later without a network. */
export const loadEditor = () => import('./attached-editor.js');

/** Copies of prose documents that this program edits, whoever holds the replica. */
export class AttachedEditors {
  readonly #client: AttachedClient;
  readonly #open = new Set<Promise<OpenProse>>();

  constructor(client: AttachedClient) {
    this.#client = client;
  }

  /** `Prose.open` of one namespace. */
  opener(
    prose: Pick<Prose, 'pull' | 'push' | 'onText'>,
    namespace: string,
  ): (id: RecordId) => Promise<OpenProse> {
    return (id) => this.#openOne(prose, namespace, parseRecordId(id));
  }

  /** Saves what was written, and closes them. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((opening) => this.#closeOne(opening)));
  }

  async #closeOne(opening: Promise<OpenProse>): Promise<void> {
    const handle = await opening.catch(noted);
    try {
      await handle?.close();
    } catch (error) {
      this.#client.runtime.log('warn', 'What was typed last into a document was not saved.', {
        id: handle?.id,
        reason: String(error),
      });
    }
  }

  #openOne(
    prose: Pick<Prose, 'pull' | 'push' | 'onText'>,
    namespace: string,
    id: RecordId,
  ): Promise<OpenProse> {
    const client = this.#client;
    const closed = (): void => void this.#open.delete(opening);
    const opening = loadEditor().then(({ openEditor }) =>
      openEditor({ client, prose, namespace, id, closed }),
    );
    this.#open.add(opening);
    opening.catch(closed);
    return opening;
  }
}

/** Whoever opened it was told. */
function noted(): undefined {
  return undefined;
}
