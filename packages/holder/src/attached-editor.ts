import { DistantText, type OpenProse, type Prose, ProseHandle, proseLimits } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import type { AttachedClient } from './attached-client.js';
import { textOf } from './text-name.js';

export interface EditorOptions {
  readonly client: AttachedClient;
  readonly prose: Pick<Prose, 'pull' | 'push' | 'onText'>;
  readonly namespace: string;
  readonly id: RecordId;
  /** Once, however it ended. */
  readonly closed: () => void;
}

/** A copy of one prose document that this program edits, whoever holds the replica. */
export async function openEditor({
  client,
  prose,
  namespace,
  id,
  closed,
}: EditorOptions): Promise<OpenProse> {
  const text = textOf({ namespace, id });
  // Begun again with every further holder, and told at once then.
  let stop = (): void => undefined;
  const handle = new ProseHandle({
    id,
    source: new DistantText(prose, id, () => client.stage('acked', text)),
    runtime: client.runtime,
    limits: proseLimits,
    closed: () => {
      stop();
      closed();
    },
  });
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
