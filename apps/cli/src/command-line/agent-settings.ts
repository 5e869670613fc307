import type { Mesh } from '@mnemesh/core';
import {
  checkSettings,
  type Explanation,
  openSettings,
  type Setting,
  type Settings,
} from '@mnemesh/open-mesh';
import { type Log, MnemeshError } from '@mnemesh/protocol';

/**
 * The settings for an agent that somebody named.
 * @param from who did, for the message about a bad name
 * @throws MnemeshError `bad_input`
 */
export function settingsOf(explanation: Explanation, agent: string, from: string): Settings {
  return checkSettings({ ...explanation, agent: { value: agent, from } });
}

/** An agent that was named for this process. The one in `mnemesh.json` is the person's, and a program is none. */
export function chosenAgent({ value, from }: Setting): string | undefined {
  return from === 'command line' || from === 'MNEMESH_AGENT' ? value : undefined;
}

/**
 * A session for a program, at a replica that a process of its own holds.
 * @throws MnemeshError `not_permitted` for a person's key: what people write is told from what programs do
 */
export async function openForProgram(settings: Settings, log: Log): Promise<Mesh> {
  const mesh = await openSettings(settings, log, 'apart');
  if (mesh.agent.kind === 'agent') return mesh;
  await mesh.close();
  throw new MnemeshError(
    'not_permitted',
    `The key of ${settings.agent} is a person's. Give the client a name of its own: --agent, or MNEMESH_AGENT.`,
  );
}
