import type { StoredRecord, TopicPlace } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { targets } from '../records/references.js';
import type { Replica } from '../replica/replica.js';
import { SerialQueue } from '../serial-queue.js';
import { contradictionIn } from './topic-heads.js';

/** Topics with several heads that are read from the store at a time. */
const PAGE = 1_000;
/** Topics that may change between two looks; beyond it the store is read anew. */
const CHANGED = 10_000;

const ofReplica = new WeakMap<Replica, ContestedTopics>();

/** One for each replica, from the first time that anybody asks. */
export function contestedTopics(replica: Replica): ContestedTopics {
  const contested = ofReplica.get(replica) ?? new ContestedTopics(replica);
  ofReplica.set(replica, contested);
  return contested;
}

/** The topics in which something contradicts something: read from the store once, then kept up with what changes. */
class ContestedTopics {
  readonly #replica: Replica;
  /** Undefined until somebody asks. */
  #places: Map<string, TopicPlace> | undefined;
  readonly #changed = new Map<string, TopicPlace>();
  #isReading = false;
  readonly #turn = new SerialQueue();

  constructor(replica: Replica) {
    this.#replica = replica;
    replica.onRecordsEverywhere((_, changes) => {
      if (this.#places === undefined && !this.#isReading) return;
      // What is forgotten can only end a contradiction; whoever asks looks at each again.
      for (const { record } of changes) {
        if (record === undefined) continue;
        for (const place of topicsOf(record)) this.#changed.set(keyOf(place), place);
      }
      if (this.#changed.size <= CHANGED) return;
      this.#changed.clear();
      this.#places = undefined;
    });
  }

  /** In no order. Some may be over already. */
  places(): Promise<readonly TopicPlace[]> {
    return this.#turn.run(() => this.#catchUp());
  }

  async #catchUp(): Promise<readonly TopicPlace[]> {
    const places = this.#places ?? (await this.#readAll());
    this.#places = places;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [key, place] of changed) {
      if (await this.#isContested(place)) places.set(key, place);
      else places.delete(key);
    }
    return [...places.values()];
  }

  async #readAll(): Promise<Map<string, TopicPlace>> {
    this.#isReading = true;
    try {
      return await this.#read();
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<Map<string, TopicPlace>> {
    const places = new Map<string, TopicPlace>();
    let after: TopicPlace | undefined;
    for (;;) {
      const page = await this.#replica.store.contestedTopics({
        ...(after === undefined ? {} : { after }),
        limit: PAGE,
      });
      for (const place of page) if (await this.#isContested(place)) places.set(keyOf(place), place);
      after = page.at(-1);
      if (page.length < PAGE) return places;
    }
  }

  async #isContested({ namespace, topic }: TopicPlace): Promise<boolean> {
    return (await contradictionIn(this.#replica.store, namespace, topic)) !== undefined;
  }
}

/** The topics of an item, in its namespace. */
export function topicsOf({ namespace, view }: StoredRecord): readonly TopicPlace[] {
  if (!view.includes('"topical":')) return [];
  const { references } = JSON.parse(view) as StoredView;
  return targets(references, 'topic').map((topic) => ({ namespace, topic }));
}

function keyOf({ namespace, topic }: TopicPlace): string {
  return `${namespace} ${topic}`;
}
