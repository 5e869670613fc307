import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Surroundings } from '@mnemesh/open-mesh';
import { clientFiles, clientNames } from '../setup/client-table.js';
import { readIfThere } from '../setup/file-change.js';
import { entryIn } from '../setup/plan-setup.js';
import { isOnPath, isRunnable } from '../setup/server-entry.js';
import type { Finding } from './finding.js';

/** Which MCP clients start us, and whether what they would start is there. */
export async function checkClients(at: Surroundings): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  // In one's home directory, a project's files are one's own.
  const seen = new Set<string>();
  for (const name of clientNames) {
    for (const scope of ['project', 'user'] as const) {
      const { title, config } = clientFiles(name, scope, at);
      if (seen.has(config.path)) continue;
      seen.add(config.path);
      const finding = await checkConfig(`${title} (${config.path})`, config, at);
      if (finding !== undefined) findings.push(finding);
    }
  }
  if (findings.length > 0) return findings;
  const text = 'none starts mnemesh here';
  return [
    { check: 'clients', state: 'note', text, advice: 'mnemesh setup claude|cursor|codex|vscode' },
  ];
}

async function checkConfig(
  title: string,
  config: Parameters<typeof entryIn>[0],
  at: Surroundings,
): Promise<Finding | undefined> {
  const check = 'clients';
  try {
    const text = await readIfThere(config.path);
    if (text === undefined) return undefined;
    const entry = entryIn(config, text) as { command?: unknown; args?: unknown } | undefined;
    if (entry === undefined) return undefined;
    const missing = missingPart(entry, at);
    if (missing === undefined) return { check, state: 'ok', text: `${title} starts mnemesh` };
    return {
      check,
      state: 'bad',
      text: `${title} starts ${missing}, which is not there`,
      advice: 'set it up again: mnemesh setup, with --yes',
    };
  } catch (error) {
    return {
      check,
      state: 'warn',
      text: `${title} cannot be read`,
      advice: (error as Error).message,
    };
  }
}

/** What an entry starts that is not there: its command, or the script that it names. */
function missingPart(
  { command, args }: { readonly command?: unknown; readonly args?: unknown },
  at: Surroundings,
): string | undefined {
  if (typeof command !== 'string') return 'nothing';
  if (isAbsolute(command) ? !isRunnable(command) : !isOnPath(command, at)) return command;
  const [script] = Array.isArray(args) ? (args as readonly unknown[]) : [];
  if (typeof script === 'string' && isAbsolute(script) && !existsSync(script)) return script;
  return undefined;
}
