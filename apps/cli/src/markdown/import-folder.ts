import { readFile, stat } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import {
  canonicalJson,
  type ImportedItem,
  type Json,
  type Memory,
  type MemoryItem,
  type MemoryKind,
} from '@mnemesh/core';
import { importedRecordId, MnemeshError, type RecordId, sha256Hex } from '@mnemesh/protocol';
import { type FolderFile, folderFiles } from '../imports/folder-files.js';
import { faultOf, written } from '../imports/outcome.js';
import { readNote } from './front-matter.js';
import {
  changesOf,
  itemOfNote,
  type Kept,
  keptOf,
  sourceOf,
  writtenTopicOf,
} from './item-of-note.js';

const IMPORTER = 'markdown';
const EXTENSIONS: ReadonlySet<string> = new Set(['.md', '.markdown', '.mdx']);
/** Bytes of one file. An item holds 1 MiB as JSON, in which a line end takes two. */
const FILE_BYTES = 768 * 1024;
/** Files read and written together. */
const CHUNK_FILES = 32;
/** Versions of one file that are looked at. */
const VERSIONS = 1_000;

export interface FolderReport {
  /** Markdown files of the folder. */
  readonly files: number;
  readonly created: number;
  /** Whose text changed: a new item takes the place of the old one. */
  readonly superseded: number;
  /** Of which only tags or other front matter changed. */
  readonly updated: number;
  readonly unchanged: number;
  /** That somebody forgot here; they stay so. */
  readonly forgotten: number;
  /** With nothing in them to import. */
  readonly skipped: readonly PathNote[];
  /** That could not be taken in. */
  readonly bad: readonly PathNote[];
  /** Whose front matter cannot be read; it is a part of their text. */
  readonly unread: readonly PathNote[];
}

export interface PathNote {
  readonly path: string;
  readonly reason: string;
}

export interface FolderOptions {
  /** What ids are derived from, beside the paths in the folder: the same wherever it lies. */
  readonly source: string;
  /** Of items whose front matter names none. Default fact. */
  readonly kind?: MemoryKind;
  readonly onProgress?: (files: number, of: number) => void;
}

/**
 * Makes an item of every Markdown file of a folder. Again, it changes only what changed in the files: a
 * new text becomes an item that supersedes the former; tags and the like are changed on the item. Items
 * of files that are gone stay.
 * @throws MnemeshError `bad_input` for a folder that cannot be read
 */
export async function importFolder(
  memory: Memory,
  folder: string,
  options: FolderOptions,
): Promise<FolderReport> {
  const { files, skipped } = await folderFiles(folder, EXTENSIONS);
  const run = new FolderRun(memory, options);
  for (let from = 0; from < files.length; from += CHUNK_FILES) {
    const chunk = files.slice(from, from + CHUNK_FILES);
    await Promise.all(chunk.map((file) => run.take(file)));
    options.onProgress?.(from + chunk.length, files.length);
  }
  return run.report(files.length, skipped);
}

type Outcome = 'created' | 'superseded' | 'updated' | 'unchanged' | 'forgotten';

class FolderRun {
  readonly #memory: Memory;
  readonly #source: string;
  readonly #kind: MemoryKind;
  readonly #counts = { created: 0, superseded: 0, updated: 0, unchanged: 0, forgotten: 0 };
  readonly #skipped: PathNote[] = [];
  readonly #bad: PathNote[] = [];
  readonly #unread: PathNote[] = [];

  constructor(memory: Memory, { source, kind = 'fact' }: FolderOptions) {
    this.#memory = memory;
    this.#source = source;
    this.#kind = kind;
  }

  async take({ path, place }: FolderFile): Promise<void> {
    try {
      const note = readNote(await readText(place));
      if (note.body === '' && Object.keys(note.front).length === 0) {
        this.#skipped.push({ path, reason: 'is empty' });
        return;
      }
      const kept = { path, source: this.#source };
      this.#counts[await this.#write(itemOfNote(note, kept, this.#kind), kept)] += 1;
      if (note.fault !== undefined) this.#unread.push({ path, reason: note.fault });
    } catch (error) {
      this.#bad.push({ path, reason: faultOf(error) });
    }
  }

  async #write(input: ImportedItem['input'], { path, source }: Kept): Promise<Outcome> {
    const newest = await this.#newestOf(sourceOf(source, path), path);
    if (newest.length === 0) return written(this.#memory.import({ id: idOf(source, path), input }));
    if (await this.#isForgotten(newest, sourceOf(source, path))) return 'forgotten';
    const same = newest.find((item) => textKey(item) === textKey(input));
    if (same !== undefined) {
      const patch = changesOf(same, input);
      if (patch === undefined) return 'unchanged';
      await this.#memory.update(same.id, patch);
      return 'updated';
    }
    // From what it takes the place of, too: a text that returns is another item than it was before.
    const supersedes = newest.map(({ id }) => id).sort();
    const id = idOf(source, JSON.stringify([path, supersedes, sha256Hex(textKey(input))]));
    const outcome = await written(this.#memory.import({ id, input: { ...input, supersedes } }));
    return outcome === 'created' ? 'superseded' : outcome;
  }

  /** The items of this file that no other item of it takes the place of. More than one where replicas imported changes apart. */
  async #newestOf(source: string, path: string): Promise<readonly MemoryItem[]> {
    const named = await this.#memory.list({ source, archived: 'any', limit: VERSIONS });
    const own = named.filter((item) => {
      const kept = keptOf(item);
      return kept?.path === path && kept.source === this.#source;
    });
    const replaced = new Set(own.flatMap(({ supersedes = [] }) => supersedes));
    return own.filter(({ id }) => !replaced.has(id));
  }

  /** Did somebody forget what took the place of these? Nothing else tells that it was there. */
  async #isForgotten(newest: readonly MemoryItem[], source: string): Promise<boolean> {
    const query = { source, archived: 'any', superseded: false, limit: VERSIONS } as const;
    const standing = new Set((await this.#memory.list(query)).map(({ id }) => id));
    for (const { id } of newest) {
      if (standing.has(id)) continue;
      if ((await this.#memory.lineage(id))?.supersededBy.length === 0) return true;
    }
    return false;
  }

  report(files: number, skipped: readonly PathNote[]): FolderReport {
    return {
      files,
      ...this.#counts,
      skipped: byPath([...skipped, ...this.#skipped]),
      bad: byPath(this.#bad),
      unread: byPath(this.#unread),
    };
  }
}

function idOf(source: string, sourceId: string): RecordId {
  // No bucket by month: the date that a file names may change, and its id must not.
  return importedRecordId(IMPORTER, source, sourceId, undefined);
}

/** Equal for items that differ in nothing that is written once. */
function textKey(item: MemoryItem | ImportedItem['input']): string {
  const { content, kind, sources } = item;
  const topic = writtenTopicOf(item as Pick<MemoryItem, 'extra'>) ?? null;
  return canonicalJson({ content, kind, sources, topic } as unknown as Json);
}

/** @throws MnemeshError `bad_input`, `too_large` for what is no text, or cannot be read */
async function readText(place: string): Promise<string> {
  const bytes = await readBytes(place);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (!text.includes('\0')) return text;
  } catch {
    // Told below.
  }
  throw new MnemeshError('bad_input', 'is no text in UTF-8');
}

async function readBytes(place: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(place);
    if (size > FILE_BYTES)
      throw new MnemeshError(
        'too_large',
        `has ${size} bytes; ${FILE_BYTES} is the most of one file`,
      );
    return await readFile(place);
  } catch (error) {
    if (error instanceof MnemeshError) throw error;
    throw new MnemeshError('bad_input', `cannot be read: ${(error as Error).message}`);
  }
}

function byPath(notes: readonly PathNote[]): readonly PathNote[] {
  return [...notes].sort((a, b) => (a.path < b.path ? -1 : 1));
}
