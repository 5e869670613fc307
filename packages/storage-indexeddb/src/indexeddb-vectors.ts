import {
  cosine,
  type NearestQuery,
  type RecordText,
  type RecordVector,
  type VectorStore,
} from '@mnemesh/core';
import { beginningWith, type Connection, result } from './connection.js';
import type { RecordKey } from './found.js';
import { LackingVectors } from './lacking-vectors.js';
import { isNewer, newestFirst } from './newest-first.js';
import { matches } from './read-records.js';
import type { RecordRow, VectorRow } from './rows.js';
import type { Slots } from './slots.js';
import type { RecordChange } from './stage.js';
import { textNumber } from './text-number.js';

/** Vectors read at once. */
const PAGE = 500;

export interface VectorAccess {
  readonly slots: Slots;
  /** Reads while no other copy of the store takes its place. @throws MnemeshError `closed` */
  read<T>(read: (connection: Connection) => Promise<T>): Promise<T>;
  /** Writes after every commit that was called before. */
  write(embedder: string, vectors: readonly RecordVector[]): Promise<void>;
}

/** Vectors beside the records; a search among them reads those of its embedder. */
export class IndexedDbVectors implements VectorStore {
  readonly #store: VectorAccess;
  readonly #lacking = new LackingVectors();

  constructor(store: VectorAccess) {
    this.#store = store;
  }

  /** Of a commit that is written. */
  changed(changes: readonly RecordChange[]): void {
    this.#lacking.changed(changes);
  }

  async missing(embedder: string, limit: number): Promise<ReadonlyMap<number, RecordText>> {
    const rows = await this.#lacking.find(embedder, limit, (among) =>
      this.#store.read((connection) => withoutVector(connection, embedder, { among, limit })),
    );
    return new Map(
      rows.map(({ namespace, id, text }) => [
        this.#store.slots.of([namespace, id]),
        { namespace, id, text },
      ]),
    );
  }

  put(embedder: string, vectors: readonly RecordVector[]): Promise<void> {
    return this.#store.write(embedder, vectors);
  }

  async nearest({ embedder, vector, limit, ...filter }: NearestQuery) {
    return this.#store.read(async (connection) => {
      const similar = await similarTo(connection, embedder, vector);
      const found: { slot: number; similarity: number }[] = [];
      for (let at = 0; at < similar.length && found.length < limit; at += PAGE) {
        const page = similar.slice(at, at + PAGE);
        const rows = await connection.read(['records'], (stores) =>
          Promise.all(
            page.map(({ key }) => result<RecordRow | undefined>(stores('records').get([...key]))),
          ),
        );
        for (const [n, { key, similarity }] of page.entries()) {
          const row = rows[n];
          if (row !== undefined && matches(row, filter))
            found.push({ slot: this.#store.slots.of(key), similarity });
        }
      }
      return found.slice(0, limit);
    });
  }
}

/** Records that lack a vector, newest first: of all, or of these. */
async function withoutVector(
  connection: Connection,
  embedder: string,
  { among, limit }: { readonly among: readonly RecordKey[] | undefined; readonly limit: number },
): Promise<readonly RecordRow[]> {
  return connection.read(['records', 'vectors'], async (stores) => {
    const [records, vectors] = [stores('records'), stores('vectors')];
    const lacks = async (page: readonly RecordRow[]): Promise<readonly boolean[]> => {
      const keys = page.map(({ namespace, id }) =>
        result(vectors.getKey([embedder, namespace, id])),
      );
      const there = await Promise.all(keys);
      return page.map(({ text }, n) => text !== '' && there[n] === undefined);
    };
    if (among === undefined)
      return newestFirst(records.index('newest'), [[0], [1]], { limit }, lacks);
    const read = among.map((key) => result<RecordRow | undefined>(records.get([...key])));
    const rows = (await Promise.all(read)).filter((row) => row !== undefined);
    const lacking = await lacks(rows);
    return rows
      .filter((_, n) => lacking[n])
      .sort((a, b) => (isNewer(a, b) ? -1 : 1))
      .slice(0, limit);
  });
}

/** Which of these vectors are of a text that a record still has. */
export async function vectorRows(
  connection: Connection,
  embedder: string,
  vectors: readonly RecordVector[],
): Promise<readonly VectorRow[]> {
  const rows = await connection.read(['records'], (stores) =>
    Promise.all(
      vectors.map(({ record }) =>
        result<RecordRow | undefined>(stores('records').get([record.namespace, record.id])),
      ),
    ),
  );
  return vectors.flatMap(({ record, vector }, n) => {
    if (rows[n]?.text !== record.text) return [];
    const { namespace, id, text } = record;
    return [{ embedder, namespace, id, text: textNumber(text), vector: vector.slice() }];
  });
}

/** All of one embedder, the most similar first. */
async function similarTo(
  connection: Connection,
  embedder: string,
  vector: Float32Array,
): Promise<readonly { readonly key: RecordKey; readonly similarity: number }[]> {
  const similar: { key: RecordKey; similarity: number }[] = [];
  const whole = beginningWith(embedder);
  for (let range = whole; ; ) {
    const page = await connection.read(['vectors'], (stores) =>
      result<VectorRow[]>(stores('vectors').getAll(range, PAGE)),
    );
    for (const row of page) {
      if (row.vector.length !== vector.length) continue;
      similar.push({ key: [row.namespace, row.id], similarity: cosine(vector, row.vector) });
    }
    const last = page.at(-1);
    if (page.length < PAGE || last === undefined) break;
    range = IDBKeyRange.bound([embedder, last.namespace, last.id], whole.upper, true);
  }
  return similar.sort(
    (a, b) => b.similarity - a.similarity || (a.key.join('\n') < b.key.join('\n') ? -1 : 1),
  );
}
