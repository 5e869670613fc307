import { crc32 } from 'node:zlib';
import { cosine, type NearestQuery, type RecordVector } from '@mnemesh/core';
import type { Database, SqlValue } from '@mnemesh/sqlite';

interface VectorRow {
  readonly record: number;
  readonly checksum: number;
  readonly bytes: Uint8Array;
}

/** Records put since all were looked at, at most. Beyond it all are looked at again. */
const PUT_RECORDS = 10_000;

/** Vectors that embedders made of records. A row that does not hold what was written into it counts as absent. */
export class VectorTable {
  readonly #database: Database;
  /**
   * By embedder: all records that may lack its vector. Known once a look at all of them has found fewer than were
   * asked for. What is rolled back stays in it, for the table decides.
   */
  readonly #lacking = new Map<string, Set<number>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Numbers of records without a vector, newest first. */
  missing(embedder: string, limit: number): readonly number[] {
    const among = this.#lacking.get(embedder);
    const from = among === undefined ? 'records r' : AMONG;
    const found = this.#database
      .prepare(
        `SELECT r.number FROM ${from} WHERE r.text <> '' AND NOT EXISTS
         (SELECT 1 FROM vectors v WHERE v.record = r.number AND v.embedder = ?)
         ORDER BY r.created DESC, r.id DESC LIMIT ?`,
      )
      .all<{ number: number }>(
        ...(among === undefined ? [] : [JSON.stringify([...among])]),
        embedder,
        limit,
      )
      .map(({ number }) => number);
    if (found.length < limit) this.#lacking.set(embedder, new Set(found));
    return found;
  }

  /** The record has another text, or is new: a damaged one that was moved aside may have left vectors under its number. */
  textChanged(number: number): void {
    this.drop(number);
    for (const [embedder, records] of this.#lacking) {
      records.add(number);
      if (records.size > PUT_RECORDS) this.#lacking.delete(embedder);
    }
  }

  /** Inside a transaction. */
  put(embedder: string, { slot, record, vector }: RecordVector): void {
    const holds = this.#database
      .prepare(
        'SELECT 1 AS one FROM records WHERE number = ? AND namespace = ? AND id = ? AND text = ?',
      )
      .get(slot, record.namespace, record.id, record.text);
    if (holds === undefined) return;
    const bytes = new Uint8Array(new Float32Array(vector).buffer);
    this.#database
      .prepare(
        'INSERT OR REPLACE INTO vectors (record, embedder, checksum, bytes) VALUES (?, ?, ?, ?)',
      )
      .run(slot, embedder, crc32(bytes), bytes);
  }

  /** The record is gone. */
  drop(number: number): void {
    this.#database.prepare('DELETE FROM vectors WHERE record = ?').run(number);
  }

  nearest(query: NearestQuery): readonly { readonly slot: number; readonly similarity: number }[] {
    const { namespaces, collection, archived = false, embedder, vector, limit } = query;
    const terms = ['v.embedder = ?'];
    const values: SqlValue[] = [embedder];
    if (namespaces !== undefined) {
      terms.push(`r.namespace IN (${namespaces.map(() => '?')})`);
      values.push(...namespaces);
    }
    if (collection !== undefined) {
      terms.push('r.collection = ?');
      values.push(collection);
    }
    if (archived !== 'any') terms.push(`r.archived = ${Number(archived)}`);
    const rows = this.#database
      .prepare(
        `SELECT v.record, v.checksum, v.bytes FROM vectors v JOIN records r ON r.number = v.record
         WHERE ${terms.join(' AND ')}`,
      )
      .iterate<VectorRow>(...values);
    const found: { slot: number; similarity: number }[] = [];
    for (const { record, checksum, bytes } of rows) {
      if (bytes.length !== vector.length * 4 || crc32(bytes) !== checksum) continue;
      const held = new Float32Array(bytes.slice().buffer);
      found.push({ slot: record, similarity: cosine(vector, held) });
      if (found.length >= 4 * limit + 1024) keepBest(found, limit);
    }
    keepBest(found, limit);
    return found;
  }
}

/** The records of these numbers. */
const AMONG = 'json_each(?) n CROSS JOIN records r ON r.number = n.value';

function keepBest(found: { slot: number; similarity: number }[], limit: number): void {
  found.sort((a, b) => b.similarity - a.similarity || a.slot - b.slot);
  found.length = Math.min(found.length, limit);
}
