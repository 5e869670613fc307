import type { Clock } from '@mnemesh/protocol';
import type { StoredRecord, TopicPlace } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { targets } from '../records/references.js';
import type { Replica } from '../replica/replica.js';
import { SerialQueue } from '../serial-queue.js';
import { contradictionIn, latestOf } from './topic-heads.js';

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

/** A topic in which something contradicts something. */
export interface ContestedTopic extends TopicPlace {
  /** The clock of its latest head when it was last looked at. What was forgotten since can only have lowered it. */
  readonly latest: Clock;
}

/** The topics in which something contradicts something: read from the store once, then kept up with what changes. */
class ContestedTopics {
  readonly #replica: Replica;
  /** Undefined until somebody asks. */
  #places: Map<string, ContestedTopic> | undefined;
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

  /** The latest first. Some may be over already. */
  places(): Promise<readonly ContestedTopic[]> {
    return this.#turn.run(() => this.#catchUp());
  }

  async #catchUp(): Promise<readonly ContestedTopic[]> {
    const places = this.#places ?? (await this.#readAll());
    this.#places = places;
    const changed = [...this.#changed];
    this.#changed.clear();
    for (const [key, place] of changed) {
      const contested = await this.#contested(place);
      if (contested === undefined) places.delete(key);
      else places.set(key, contested);
    }
    return [...places.values()].sort((a, b) => b.latest - a.latest);
  }

  async #readAll(): Promise<Map<string, ContestedTopic>> {
    this.#isReading = true;
    try {
      return await this.#read();
    } finally {
      this.#isReading = false;
    }
  }

  async #read(): Promise<Map<string, ContestedTopic>> {
    const places = new Map<string, ContestedTopic>();
    let after: TopicPlace | undefined;
    for (;;) {
      const page = await this.#replica.store.contestedTopics({
        ...(after === undefined ? {} : { after }),
        limit: PAGE,
      });
      for (const place of page) {
        const contested = await this.#contested(place);
        if (contested !== undefined) places.set(keyOf(place), contested);
      }
      after = page.at(-1);
      if (page.length < PAGE) return places;
    }
  }

  async #contested({ namespace, topic }: TopicPlace): Promise<ContestedTopic | undefined> {
    const found = await contradictionIn(this.#replica.store, namespace, topic);
    return found === undefined ? undefined : { namespace, topic, latest: latestOf(found.heads) };
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
