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

/** What undoes it: files nobody else wrote to since are as they were before, of others our part is taken out. */
export async function planUndo(files: ClientFiles, data: string): Promise<readonly FileChange[]> {
  const paths = [files.config.path, ...(files.instructions ? [files.instructions.path] : [])];
  const changes = await Promise.all(
    paths.map(async (path) => {
      const before = await readIfThere(path);
      return { path, before, after: await restored(files, data, { path, before }) };
    }),
  );
  return changes.filter(({ before, after }) => before !== after);
}

/** What a file is without us. */
export async function restored(
  { config, instructions }: ClientFiles,
  data: string,
  { path, before }: Pick<FileChange, 'path' | 'before'>,
): Promise<string | undefined> {
  if (before === undefined) return undefined;
  const kept = await keptOf(data, path);
  if (kept?.after === before) return kept.before ?? undefined;
  if (path === config.path) {
    // An entry of our name that starts something else is the person's.
    return startsUs(entryIn(config, before)) ? withEntry(config, before, undefined) : before;
  }
  if (instructions?.ownFile) return kept === undefined ? before : undefined;
  return withoutInstructions(before);
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

function startsUs(entry: unknown): boolean {
  const { args } = (entry ?? {}) as { readonly args?: unknown };
  return Array.isArray(args) && args.includes('mcp');
}
