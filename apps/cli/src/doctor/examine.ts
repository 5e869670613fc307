import {
  checkSettings,
  type Explanation,
  isSwitchedOffline,
  ownSurroundings,
  type Settings,
} from '@mnemesh/open-mesh';
import { checkClients } from './check-clients.js';
import { checkHolder } from './check-holder.js';
import { checkKeys } from './check-keys.js';
import { checkRelay } from './check-relay.js';
import { checkStore } from './check-store.js';
import { checkVersions } from './check-versions.js';
import type { Finding } from './finding.js';

/** Runs every check that the settings allow. Changes nothing. */
export async function examine(explanation: Explanation): Promise<readonly Finding[]> {
  const { settings, finding } = readSettings(explanation);
  const data = explanation.data.value as string;
  const keys = await checkKeys(data);
  const clients = await checkClients(ownSurroundings());
  if (settings === undefined) return [finding, ...keys, ...clients, ...checkVersions()];
  const [holder, relay] = await Promise.all([checkHolder(settings), checkRelay(settings)]);
  return [
    finding,
    ...keys,
    checkStore(settings),
    ...holder,
    ...relay,
    ...clients,
    ...checkVersions(),
  ];
}

function readSettings(explanation: Explanation): {
  readonly settings: Settings | undefined;
  readonly finding: Finding;
} {
  const check = 'settings';
  try {
    const settings = checkSettings(explanation);
    const { mesh, agent, data } = settings;
    const text = `mesh ${mesh}, agent ${agent}, data ${data}`;
    const finding: Finding = isSwitchedOffline(data)
      ? { check, state: 'note', text, advice: 'It is switched offline. Back: mnemesh offline off' }
      : { check, state: 'ok', text };
    return { settings, finding };
  } catch (error) {
    const advice = 'mnemesh status --explain shows each setting and where it comes from';
    return {
      settings: undefined,
      finding: { check, state: 'bad', text: (error as Error).message, advice },
    };
  }
}
