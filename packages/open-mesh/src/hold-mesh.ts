import { holderLimits } from '@mnemesh/holder';
import { holdReplica, socketPlace } from '@mnemesh/holder-socket';
import type { Log, Runtime } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { IdleTimer } from './idle-timer.js';
import { type HolderSettings, sharing } from './shared-replica.js';

export interface HoldOptions {
  readonly log?: Log;
  /** Milliseconds without a guest after which it ends; 0 for never. Default `holderLimits.idleMs`. */
  readonly idleMs?: number;
  /** That of Node when absent. */
  readonly runtime?: Runtime;
}

export interface HeldMesh {
  /** Resolves when it has closed, for whatever reason. */
  readonly ended: Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/**
 * Holds a replica for other processes of this device, until nobody has needed it for a while. A store
 * that failed takes nothing more until it is opened again, so that ends it too: the next holder opens it.
 * @throws MnemeshError `store_in_use` when another process has it, and what opening throws
 */
export async function holdMesh(
  settings: HolderSettings,
  { log, idleMs = holderLimits.idleMs, runtime: given }: HoldOptions = {},
): Promise<HeldMesh> {
  const runtime = given ?? nodeRuntime(log === undefined ? {} : { log });
  const { mesh, data, relay } = settings;
  const idle = new IdleTimer(runtime, idleMs);
  const held = await holdReplica(sharing(settings, runtime), socketPlace(data, mesh), (guests) =>
    idle.busy(guests > 0),
  );
  runtime.log('info', 'holding', { mesh, relay: relay ?? 'none' });
  idle.busy(held.holder.guests > 0);
  const stop = held.replica.onStatus(({ storeError }) => {
    if (storeError === undefined) return;
    runtime.log('error', `the store failed: ${storeError}`);
    idle.end();
  });
  const ended = idle.ended.then(async () => {
    stop();
    await held.close();
    runtime.log('info', 'left');
  });
  const close = (): Promise<void> => {
    idle.end();
    return ended;
  };
  return { ended, close };
}
