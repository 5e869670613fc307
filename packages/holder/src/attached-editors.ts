import {
  DistantText,
  type OpenProse,
  type Prose,
  ProseHandle,
  proseLimits,
  textId,
} from '@mnemesh/core';
import { parseRecordId, proseSegment, type RecordId } from '@mnemesh/protocol';
import type { AttachedClient } from './attached-client.js';
import type { RecordName } from './messages.js';

/** Copies of prose documents that this program edits, whoever holds the replica. */
export class AttachedEditors {
  readonly #client: AttachedClient;
  readonly #open = new Set<ProseHandle>();

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
    await Promise.all([...this.#open].map((handle) => this.#closeOne(handle)));
  }

  async #closeOne(handle: ProseHandle): Promise<void> {
    try {
      await handle.close();
    } catch (error) {
      const { id } = handle;
      this.#client.runtime.log('warn', 'What was typed last into a document was not saved.', {
        id,
        reason: String(error),
      });
    }
  }

  async #openOne(
    prose: Pick<Prose, 'pull' | 'push' | 'onText'>,
    namespace: string,
    id: RecordId,
  ): Promise<OpenProse> {
    const client = this.#client;
    const text = textOf({ namespace, id });
    const handle = new ProseHandle({
      id,
      source: new DistantText(prose, id, () => client.stage('acked', text)),
      runtime: client.runtime,
      limits: proseLimits,
      closed: () => {
        stop();
        this.#open.delete(handle);
      },
    });
    // Begun again with every further holder, and told at once then.
    let stop = (): void => undefined;
    this.#open.add(handle);
    try {
      await handle.refresh();
    } catch (error) {
      await handle.close();
      throw error;
    }
    stop = prose.onText(id, () => {
      handle.refresh().catch((error: unknown) => {
        client.runtime.log('debug', 'a prose document is not read on', { error: String(error) });
      });
    });
    return handle;
  }
}

/** What stands for the text of a prose document where acks are waited for. */
export function textOf(record: RecordName | undefined): RecordName | undefined {
  const segment = record && proseSegment(record.id as RecordId);
  return segment === undefined ? record : ({ ...record, id: textId({ segment }) } as RecordName);
}
