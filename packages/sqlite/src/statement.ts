import type { NativeStatement } from './engine.js';
import type { Row, SqlValue } from './sql-value.js';
import { escapeZeros, restoreZeros } from './zero-escape.js';

export interface RunResult {
  readonly changes: number;
  readonly lastInsertRowid: number;
}

/** A prepared statement. Blobs come back as plain `Uint8Array`, which is what Yjs accepts. */
export interface Statement {
  run(...values: readonly SqlValue[]): RunResult;
  get<T = Row>(...values: readonly SqlValue[]): T | undefined;
  all<T = Row>(...values: readonly SqlValue[]): readonly T[];
  /** Finish or abandon the iteration before the next use of the same statement. */
  iterate<T = Row>(...values: readonly SqlValue[]): IterableIterator<T>;
}

export class PreparedStatement implements Statement {
  readonly #native: NativeStatement;

  readonly #sql: string;
  readonly #before: ((sql: string) => void) | undefined;

  constructor(native: NativeStatement, sql: string, before: ((sql: string) => void) | undefined) {
    this.#native = native;
    this.#sql = sql;
    this.#before = before;
  }

  run(...values: readonly SqlValue[]): RunResult {
    this.#before?.(this.#sql);
    const { changes, lastInsertRowid } = this.#native.run(...escapeZeros(values));
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  get<T = Row>(...values: readonly SqlValue[]): T | undefined {
    this.#before?.(this.#sql);
    const row = this.#native.get(...escapeZeros(values)) as Row | undefined;
    return row === undefined ? undefined : (restoreZeros(row) as T);
  }

  all<T = Row>(...values: readonly SqlValue[]): readonly T[] {
    this.#before?.(this.#sql);
    const rows = this.#native.all(...escapeZeros(values)) as Row[];
    for (const row of rows) restoreZeros(row);
    return rows as T[];
  }

  *iterate<T = Row>(...values: readonly SqlValue[]): IterableIterator<T> {
    this.#before?.(this.#sql);
    const rows = this.#native.iterate(...escapeZeros(values));
    try {
      for (const row of rows) yield restoreZeros(row as Row) as T;
    } catch (error) {
      // An iterator that threw is taken for ended, but the statement reads on and holds its lock.
      rows.return?.();
      throw error;
    }
  }
}
