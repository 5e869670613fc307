import { result } from './connection.js';
import type { RecordRow } from './rows.js';

/** The first of the keys by which records are read newest first; created and id follow it. */
export type Prefix = readonly (string | number)[];

type Place = Pick<RecordRow, 'created' | 'id'>;

/** Records of one index whose keys begin alike, newest first. */
class NewestStream {
  readonly #request: IDBRequest<IDBCursorWithValue | null>;
  #cursor: IDBCursorWithValue | null = null;

  constructor(index: IDBIndex, prefix: Prefix, before: Place | undefined) {
    const upper = before === undefined ? [...prefix, []] : [...prefix, before.created, before.id];
    const range = IDBKeyRange.bound([...prefix], upper, false, true);
    this.#request = index.openCursor(range, 'prev');
  }

  get row(): RecordRow | undefined {
    return this.#cursor?.value;
  }

  async start(): Promise<void> {
    this.#cursor = await result(this.#request);
  }

  async advance(): Promise<void> {
    this.#cursor?.continue();
    this.#cursor = await result(this.#request);
  }
}

/** Records at once tested by what needs a request of its own. */
const TESTED_TOGETHER = 64;

/**
 * The newest records of several parts of an index together.
 * @param passes for each of some records: is it to be found?
 */
export async function newestFirst(
  index: IDBIndex,
  prefixes: readonly Prefix[],
  { before, limit }: { readonly before?: Place | undefined; readonly limit: number },
  passes: (rows: readonly RecordRow[]) => Promise<readonly boolean[]> | readonly boolean[],
): Promise<readonly RecordRow[]> {
  const streams = prefixes.map((prefix) => new NewestStream(index, prefix, before));
  await Promise.all(streams.map((stream) => stream.start()));
  const found: RecordRow[] = [];
  while (found.length < limit) {
    const rows = await nextRows(streams, Math.min(limit - found.length, TESTED_TOGETHER));
    if (rows.length === 0) break;
    const passing = await passes(rows);
    found.push(...rows.filter((_, n) => passing[n]));
  }
  return found;
}

async function nextRows(streams: readonly NewestStream[], count: number): Promise<RecordRow[]> {
  const rows: RecordRow[] = [];
  while (rows.length < count) {
    const newest = streams.reduce<NewestStream | undefined>(
      (best, stream) =>
        stream.row !== undefined && (best?.row === undefined || isNewer(stream.row, best.row))
          ? stream
          : best,
      undefined,
    );
    if (newest?.row === undefined) break;
    rows.push(newest.row);
    await newest.advance();
  }
  return rows;
}

export function isNewer(a: Place, b: Place): boolean {
  return a.created === b.created ? a.id > b.id : a.created > b.created;
}
