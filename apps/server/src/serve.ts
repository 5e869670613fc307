import type { Log } from '@mnemesh/protocol';
import { openSqliteUpdateLog, Relay, serveRelay, workerCompactor } from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  /** Directory of the relay's log. One process at a time. */
  readonly data: string;
  /** Silent when absent. */
  readonly log?: Log;
}

export interface Server {
  /** Where replicas reach it: `ws://127.0.0.1:7700`. */
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** Commits and acks what is pending, tells every replica, and closes the log. Idempotent. */
  close(): Promise<void>;
}

/**
 * A relay on an embedded store.
 * @throws MnemeshError `store_in_use`, `not_permitted` for an address beyond this machine, `bad_input`
 */
export async function serve({ port, host, data, log }: ServeOptions): Promise<Server> {
  const runtime = nodeRuntime(log === undefined ? {} : { log });
  const updates = await openSqliteUpdateLog({ directory: data, runtime });
  const relay = new Relay({
    log: updates,
    runtime,
    signatures: nodeSignatures,
    compactor: workerCompactor(),
  });
  const listening = await serveRelay({ relay, host, port }).catch(async (error: unknown) => {
    await relay.close();
    await updates.close();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await listening.close();
    await relay.close();
    await updates.close();
  };
  return {
    url: listening.url,
    port: listening.port,
    data,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
