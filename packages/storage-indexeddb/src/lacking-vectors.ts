import type { RecordKey } from './found.js';
import type { RecordRow } from './rows.js';
import type { RecordChange } from './stage.js';

/** Records put since all were looked at, at most. Beyond it all are looked at again. */
const PUT_RECORDS = 10_000;

type Keys = Map<string, RecordKey>;

/** By embedder: all records that may lack its vector. Known once a look at all has found fewer than were asked for. */
export class LackingVectors {
  readonly #lacking = new Map<string, Keys>();
  /** What is put while somebody looks. */
  readonly #looks = new Set<Keys>();

  /** Of a commit that is written. */
  changed(changes: readonly RecordChange[]): void {
    for (const [key, record] of changes) if (record !== undefined) this.#put(key);
  }

  /** @param look finds so many that lack one, among these or, without them, among all */
  async find(
    embedder: string,
    limit: number,
    look: (among: readonly RecordKey[] | undefined) => Promise<readonly RecordRow[]>,
  ): Promise<readonly RecordRow[]> {
    const put: Keys = new Map();
    this.#looks.add(put);
    try {
      const among = this.#lacking.get(embedder);
      const found = await look(among && [...among.values()]);
      if (found.length < limit) {
        for (const { namespace, id } of found) put.set(nameOf([namespace, id]), [namespace, id]);
        this.#lacking.set(embedder, put);
      }
      return found;
    } finally {
      this.#looks.delete(put);
    }
  }

  #put(key: RecordKey): void {
    for (const put of this.#looks) put.set(nameOf(key), key);
    for (const [embedder, keys] of this.#lacking) {
      keys.set(nameOf(key), key);
      if (keys.size > PUT_RECORDS) this.#lacking.delete(embedder);
    }
  }
}

function nameOf([namespace, id]: RecordKey): string {
  return `${namespace}\n${id}`;
}
