import { isDeepStrictEqual } from 'node:util';
import type { ClientFiles, ConfigPlace } from './client-table.js';
import { type FileChange, keptOf, readIfThere } from './file-change.js';
import { instructionFile, withInstructions, withoutInstructions } from './instructions.js';
import { jsonEntry, withJsonEntry } from './json-config.js';
import { SERVER_NAME, type ServerEntry } from './server-entry.js';
import { tomlEntry, withTomlEntry } from './toml-config.js';

/** What is to be written so that a client starts us, and its model uses us. Empty when it does. @throws MnemeshError `bad_input` */
export async function planSetup(
  { config, instructions }: ClientFiles,
  entry: ServerEntry,
): Promise<readonly FileChange[]> {
  const changes: FileChange[] = [];
  const before = await readIfThere(config.path);
  if (!isDeepStrictEqual(entryIn(config, before ?? ''), entry))
    changes.push({ path: config.path, before, after: withEntry(config, before ?? '', entry) });
  if (instructions !== undefined) {
    const text = await readIfThere(instructions.path);
    const after = instructions.ownFile ? instructionFile() : withInstructions(text ?? '');
    if (after !== text) changes.push({ path: instructions.path, before: text, after });
  }
  return changes;
}

/** What undoes it: files nobody changed since are as they were before, of others our part is taken out. */
export async function planUndo(
  { config, instructions }: ClientFiles,
  data: string,
): Promise<readonly FileChange[]> {
  const changes = [
    await undone(data, config.path, (text) =>
      entryIn(config, text) === undefined ? text : withEntry(config, text, undefined),
    ),
  ];
  if (instructions !== undefined) {
    const { path, ownFile } = instructions;
    changes.push(
      await undone(data, path, (text) => (ownFile ? undefined : withoutInstructions(text))),
    );
  }
  return changes.filter(({ before, after }) => before !== after);
}

async function undone(
  data: string,
  path: string,
  without: (text: string) => string | undefined,
): Promise<FileChange> {
  const before = await readIfThere(path);
  if (before === undefined) return { path, before, after: undefined };
  const kept = await keptOf(data, path);
  if (kept !== undefined && kept.after === before)
    return { path, before, after: kept.before ?? undefined };
  return { path, before, after: without(before) };
}

/** How a client starts us by this config. @throws MnemeshError `bad_input` */
export function entryIn({ path, format, servers }: ConfigPlace, text: string): unknown {
  const read = format === 'json' ? jsonEntry : tomlEntry;
  return read(text, path, servers, SERVER_NAME);
}

function withEntry(
  { path, format, servers }: ConfigPlace,
  text: string,
  entry: ServerEntry | undefined,
): string {
  const write = format === 'json' ? withJsonEntry : withTomlEntry;
  return write(text, path, [servers, SERVER_NAME], entry);
}
