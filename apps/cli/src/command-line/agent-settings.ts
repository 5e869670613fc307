import { checkSettings, type Explanation, type Setting, type Settings } from '@mnemesh/open-mesh';

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
