import type { Edit } from './planted-faults.js';

// Runs on Node's loader thread (`module.register`): changes files as they are loaded, never on disk.

let edits: readonly Edit[] = [];

export async function initialize(data: readonly Edit[]): Promise<void> {
  edits = data;
}

interface Loaded {
  readonly source?: string | ArrayBuffer | Uint8Array;
}

export async function load(
  url: string,
  context: unknown,
  nextLoad: (url: string, context: unknown) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await nextLoad(url, context);
  const own = edits.filter(({ file }) => url.endsWith(`/${file}`));
  if (own.length === 0) return loaded;
  let source =
    typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source);
  for (const { file, find, replace } of own) {
    if (!find.test(source))
      throw new Error(`The place of this fault is not in ${file} any more: ${find}`);
    source = source.replace(find, replace);
  }
  return { ...loaded, source };
}
