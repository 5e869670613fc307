import { existsSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import type { Surroundings } from '@mnemesh/open-mesh';
import {
  type ClientFiles,
  type ClientName,
  clientFiles,
  clientNames,
  type Scope,
} from '../setup/client-table.js';
import { readIfThere } from '../setup/file-change.js';
import { toldBy } from '../setup/instructions.js';
import { entryIn } from '../setup/plan-setup.js';
import { isOnPath, isRunnable } from '../setup/server-entry.js';
import type { Finding } from './finding.js';

const check = 'clients';

interface Place {
  readonly name: ClientName;
  readonly scope: Scope;
  readonly files: ClientFiles;
}

/** Which MCP clients start us, whether what they would start is there, and whether their models are told of it. */
export async function checkClients(at: Surroundings): Promise<readonly Finding[]> {
  const findings = (
    await Promise.all(clientNames.map((name) => checkClient(placesOf(name, at), at)))
  ).flat();
  if (findings.length > 0) return findings;
  const text = 'none starts mnemesh here';
  return [{ check, state: 'note', text, advice: 'mnemesh setup claude|cursor|codex|vscode' }];
}

/** In one's home directory, a project's files are one's own. */
function placesOf(name: ClientName, at: Surroundings): readonly Place[] {
  const [project, user] = (['project', 'user'] as const).map((scope) => ({
    name,
    scope,
    files: clientFiles(name, scope, at),
  })) as [Place, Place];
  return project.files.config.path === user.files.config.path ? [project] : [project, user];
}

async function checkClient(
  places: readonly Place[],
  at: Surroundings,
): Promise<readonly Finding[]> {
  const started: Place[] = [];
  const findings: Finding[] = [];
  for (const place of places) {
    const { title, config } = place.files;
    const finding = await checkConfig(`${title} (${config.path})`, config, at);
    if (finding === undefined) continue;
    started.push(place);
    findings.push(finding);
  }
  return [...findings, ...(await checkInstructions(places, started))];
}

/** A model is told in one place, whichever of them starts us. What is not told, it rarely uses. */
async function checkInstructions(
  places: readonly Place[],
  started: readonly Place[],
): Promise<readonly Finding[]> {
  const told = await Promise.all(places.map(toldAt));
  const place = places.find((_, i) => told[i] === 'current' || told[i] === 'other');
  const [first] = started;
  if (place === undefined) {
    const untold = started.find(({ files }) => files.instructions !== undefined);
    if (untold === undefined) return [];
    return [instructionFinding(untold, 'does not tell its model when to use mnemesh', 'warn')];
  }
  if (first === undefined)
    return [
      instructionFinding(place, 'tells its model to use mnemesh, which it does not start', 'warn'),
    ];
  if (told.includes('current')) return [];
  return [
    instructionFinding(place, 'tells its model what another version of mnemesh wrote', 'note'),
  ];
}

async function toldAt({ files: { instructions } }: Place): Promise<ReturnType<typeof toldBy>> {
  if (instructions === undefined) return 'nothing';
  // One that cannot be read tells nobody anything.
  const text = await readIfThere(instructions.path).catch(() => undefined);
  return text === undefined ? 'nothing' : toldBy(text, instructions.ownFile);
}

function instructionFinding(
  { name, scope, files }: Place,
  what: string,
  state: Finding['state'],
): Finding {
  const again = `mnemesh setup ${name}${scope === 'user' ? ' --user' : ''} --yes`;
  return {
    check,
    state,
    text: `${files.title} (${files.instructions?.path}) ${what}`,
    advice: `write it anew: ${again}, with the options it was set up with`,
  };
}

async function checkConfig(
  title: string,
  config: Parameters<typeof entryIn>[0],
  at: Surroundings,
): Promise<Finding | undefined> {
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
