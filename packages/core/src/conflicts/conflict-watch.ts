import type { Namespace } from '@mnemesh/protocol';
import type { TopicPlace } from '../ports/index.js';
import type { RecordChange } from '../replica/record-listeners.js';
import type { Replica } from '../replica/replica.js';
import { SerialQueue } from '../serial-queue.js';
import { topicsOf } from './contested-topics.js';
import { type ConflictFinder, type FoundConflict, MOST_CONFLICTS } from './found-conflicts.js';

interface Begun {
  readonly id: string;
  readonly found: FoundConflict | undefined;
}

/** Follows which conflicts are open, by looking again at what changed. */
export class ConflictWatch {
  readonly #finder: ConflictFinder;
  readonly #tell: (changes: readonly Begun[]) => void;
  /** By where it is: a record, or a topic. */
  readonly #open = new Map<string, readonly FoundConflict[]>();
  readonly #turn = new SerialQueue();
  readonly #stop: () => void;
  #ended = false;

  constructor(replica: Replica, finder: ConflictFinder, tell: (changes: readonly Begun[]) => void) {
    this.#finder = finder;
    this.#tell = tell;
    const follow = (work: () => Promise<void>): void => {
      this.#turn.run(work).catch((error) => {
        if (this.#ended) return;
        replica.runtime.log('warn', 'watching conflicts met an error', { error: String(error) });
      });
    };
    follow(() => this.#begin());
    const stops = [
      replica.onRecordsEverywhere((namespace, changes) =>
        follow(() => this.#look(namespace, changes)),
      ),
      replica.onRules(() => follow(() => this.#lookAtAll())),
    ];
    this.#stop = () => {
      for (const stop of stops) stop();
    };
  }

  end(): void {
    this.#ended = true;
    this.#stop();
  }

  /** What is open already is no news. */
  async #begin(): Promise<void> {
    for (const [place, found] of await this.#openNow()) this.#open.set(place, found);
  }

  async #openNow(): Promise<ReadonlyMap<string, readonly FoundConflict[]>> {
    const open = new Map<string, FoundConflict[]>();
    for (const found of await this.#finder.find({}, MOST_CONFLICTS)) {
      const place = placeOf(found);
      open.set(place, [...(open.get(place) ?? []), found]);
    }
    return open;
  }

  async #lookAtAll(): Promise<void> {
    if (this.#ended) return;
    const now = await this.#openNow();
    const news: Begun[] = [];
    for (const place of new Set([...this.#open.keys(), ...now.keys()]))
      this.#note(place, now.get(place) ?? [], news);
    if (news.length > 0 && !this.#ended) this.#tell(news);
  }

  async #look(namespace: Namespace, changes: readonly RecordChange[]): Promise<void> {
    if (this.#ended) return;
    const news: Begun[] = [];
    const topics = new Map<string, TopicPlace>();
    for (const { id, record } of changes) {
      const found = record === undefined ? [] : this.#finder.ofRecord(record);
      this.#note(`${namespace} ${id}`, found, news);
      for (const place of record === undefined ? [] : topicsOf(record))
        topics.set(topicPlace(place), place);
      // One that was forgotten does not say any more what it was about.
      for (const [place, open] of this.#open) {
        const topic = open.find(({ records }) => records.some((one) => one.id === id))?.topic;
        if (topic !== undefined) topics.set(place, { namespace, topic });
      }
    }
    for (const [key, place] of topics) {
      const found = await this.#finder.ofTopic(place);
      this.#note(key, found === undefined ? [] : [found], news);
    }
    if (news.length > 0 && !this.#ended) this.#tell(news);
  }

  #note(place: string, found: readonly FoundConflict[], news: Begun[]): void {
    const before = this.#open.get(place) ?? [];
    const now = found.filter(({ conflict }) => conflict.open);
    if (now.length === 0) this.#open.delete(place);
    else this.#open.set(place, now);
    const has = (list: readonly FoundConflict[], id: string): boolean =>
      list.some(({ conflict }) => conflict.id === id);
    for (const { conflict } of before)
      if (!has(now, conflict.id)) news.push({ id: conflict.id, found: undefined });
    for (const one of now)
      if (!has(before, one.conflict.id)) news.push({ id: one.conflict.id, found: one });
  }
}

function placeOf({ conflict, topic }: FoundConflict): string {
  const { namespace, record } = conflict;
  return topic === undefined ? `${namespace} ${record}` : topicPlace({ namespace, topic });
}

function topicPlace({ namespace, topic }: TopicPlace): string {
  return `${namespace} #${topic}`;
}
