import { type HelloMessage, HolderConnection, type HolderLimits } from '@mnemesh/holder';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { Tab } from '@mnemesh/transport-broadcast';

/**
 * Becomes a guest of the tab that leads, which may be this one.
 * @throws MnemeshError `overloaded` when that one lets nobody in; what opening or it refuses
 */
export async function joinTabs(
  tab: Pick<Tab, 'reach'>,
  hello: HelloMessage,
  runtime: Runtime,
  limits: HolderLimits,
): Promise<HolderConnection> {
  let waited = 0;
  for (let look = limits.lookMs; ; look = Math.min(2 * look, limits.longestLookMs)) {
    const open = await tab.reach();
    // Not before: a tab that sleeps reaches nobody.
    const reached = runtime.now();
    const connection = await HolderConnection.open(open, { hello, runtime, limits });
    if (connection !== undefined) return connection;
    // If this page stood still meanwhile, the other tab did not refuse for as long.
    waited += Math.min(runtime.now() - reached, limits.helloMs);
    if (waited >= limits.joinMs) throw nobodyLetsIn();
    await new Promise<void>((resolve) => runtime.after(look, resolve));
    waited += look;
  }
}

function nobodyLetsIn(): MnemeshError {
  return new MnemeshError(
    'overloaded',
    'The tab that has this mesh open lets nobody in. Close some tabs of this site.',
    { retryable: true },
  );
}
