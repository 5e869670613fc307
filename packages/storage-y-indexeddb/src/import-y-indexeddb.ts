import type { ImportedItem, Memory, MemoryItem, MemoryKind } from '@mnemesh/core';
import {
  hasCode,
  importedRecordId,
  MnemeshError,
  type RecordId,
  type Runtime,
  sha256Hex,
} from '@mnemesh/protocol';
import { readYDocument } from './read-document.js';
import { type SharedValue, sharedValues, textOf } from './shared-values.js';

const IMPORTER = 'y-indexeddb';
/** Values written together. */
const CHUNK_VALUES = 32;
/** Versions of one value that are looked at. */
const VERSIONS = 1_000;
/** Characters that a name among an item's sources has at most. */
const SOURCE_CHARS = 500;

export interface YIndexedDbImport {
  /** Name of the database: the first argument of `IndexeddbPersistence`. */
  readonly database: string;
  /** What ids are derived from beside the values' places: the same wherever the document lies. Default: the database's name. */
  readonly source?: string;
  /** Of the items. Default fact. */
  readonly kind?: MemoryKind;
  readonly runtime: Pick<Runtime, 'after'>;
  /** The browser's own by default. */
  readonly indexedDB?: IDBFactory;
}

export interface YIndexedDbReport {
  /** Values of the document. */
  readonly values: number;
  readonly created: number;
  /** That changed: a new item takes the place of the old one. */
  readonly superseded: number;
  readonly unchanged: number;
  /** That somebody forgot here; they stay so. */
  readonly forgotten: number;
  /** With nothing in them to import. */
  readonly skipped: readonly ValueNote[];
  /** That could not be taken in. */
  readonly bad: readonly ValueNote[];
}

export interface ValueNote {
  readonly value: string;
  readonly reason: string;
}

/**
 * Makes an item of each value of a document that y-indexeddb keeps: of each entry of a map, element of an array, and
 * text. Again, it changes only what changed in the document: a new value becomes an item that supersedes the
 * former. The database is left as it is; items of values that are gone stay.
 * @throws MnemeshError `bad_input` for a database that is not there, or holds no document; `store_failed`
 */
export async function importYIndexedDb(
  memory: Memory,
  options: YIndexedDbImport,
): Promise<YIndexedDbReport> {
  const { database, runtime, indexedDB = globalThis.indexedDB } = options;
  const doc = await readYDocument(indexedDB, database, runtime);
  try {
    const values = sharedValues(doc);
    const run = new Run(memory, options);
    for (let from = 0; from < values.length; from += CHUNK_VALUES)
      await Promise.all(values.slice(from, from + CHUNK_VALUES).map((value) => run.take(value)));
    return run.report(values.length);
  } finally {
    doc.destroy();
  }
}

type Outcome = 'created' | 'superseded' | 'unchanged' | 'forgotten';

class Run {
  readonly #memory: Memory;
  readonly #source: string;
  readonly #kind: MemoryKind;
  readonly #counts = { created: 0, superseded: 0, unchanged: 0, forgotten: 0 };
  readonly #skipped: ValueNote[] = [];
  readonly #bad: ValueNote[] = [];

  constructor(memory: Memory, { database, source = database, kind = 'fact' }: YIndexedDbImport) {
    this.#memory = memory;
    this.#source = source;
    this.#kind = kind;
  }

  async take(shared: SharedValue): Promise<void> {
    const told = textOf(shared.value);
    if ('reason' in told) {
      this.#skipped.push({ value: shared.label, reason: told.reason });
      return;
    }
    try {
      this.#counts[await this.#write(shared, told.text)] += 1;
    } catch (error) {
      if (!(error instanceof MnemeshError) || !RECORD_ERRORS.has(error.code)) throw error;
      this.#bad.push({ value: shared.label, reason: error.message });
    }
  }

  report(values: number): YIndexedDbReport {
    return { values, ...this.#counts, skipped: this.#skipped, bad: this.#bad };
  }

  async #write({ path, label }: SharedValue, text: string): Promise<Outcome> {
    const name = this.#nameOf(path);
    const input: ImportedItem['input'] = {
      content: `${label}: ${text}`,
      kind: this.#kind,
      sources: [name],
      extra: { yIndexedDb: { source: this.#source, path } },
    };
    const newest = await this.#newestOf(name);
    if (newest.length === 0) return this.#bring({ id: this.#idOf(path), input });
    if (newest.some(({ content }) => content === input.content)) return 'unchanged';
    // From what it takes the place of, too: a value that returns is another item than it was before.
    const supersedes = newest.map(({ id }) => id).sort();
    const id = this.#idOf(JSON.stringify([path, supersedes, sha256Hex(input.content)]));
    const outcome = await this.#bring({ id, input: { ...input, supersedes } });
    return outcome === 'created' ? 'superseded' : outcome;
  }

  async #bring(item: ImportedItem): Promise<'created' | 'forgotten'> {
    try {
      await this.#memory.import(item);
      return 'created';
    } catch (error) {
      if (hasCode(error, 'not_found')) return 'forgotten';
      throw error;
    }
  }

  /** The items of this value that no other item of it takes the place of. More than one where replicas imported changes apart. */
  async #newestOf(name: string): Promise<readonly MemoryItem[]> {
    const own = await this.#memory.list({ source: name, archived: 'any', limit: VERSIONS });
    const replaced = new Set(own.flatMap(({ supersedes = [] }) => supersedes));
    return own.filter(({ id, extra }) => extra?.yIndexedDb !== undefined && !replaced.has(id));
  }

  #idOf(sourceId: string): RecordId {
    return importedRecordId(IMPORTER, this.#source, sourceId, undefined);
  }

  /** The name under which a value is among the sources of its item. */
  #nameOf(path: string): string {
    const name = `${this.#source}/${path}`;
    return name.length <= SOURCE_CHARS ? name : `${this.#source.slice(0, 100)}#${sha256Hex(name)}`;
  }
}

const RECORD_ERRORS: ReadonlySet<string> = new Set(['bad_input', 'too_large', 'write_once']);
