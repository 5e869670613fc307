import { type Database, openDatabase } from '@mnemesh/sqlite';
import type { Flushing } from './messages.js';

/** Opens databases as the product does; `OFF` then takes the flushing away again. */
export class Opener {
  readonly #flushing: Flushing;
  readonly #opened: Database[] = [];

  constructor(flushing: Flushing = 'FULL') {
    this.#flushing = flushing;
  }

  readonly open = (path: string): Database => {
    const database = openDatabase(path);
    if (this.#flushing === 'OFF') database.exec('PRAGMA synchronous = OFF');
    this.#opened.push(database);
    return database;
  };

  /** `PRAGMA synchronous` as every connection opened so far answers it now. */
  synchronous(): readonly unknown[] {
    return this.#opened.map((database) => database.pragma('synchronous'));
  }
}
