import { homeSegment, type Log, type Namespace } from '@mnemesh/protocol';
import {
  DIRECTORY_NAMESPACE,
  memberDefinition,
  namespaceDefinition,
} from '../documents/directory.js';
import type { ProjectionRules } from '../documents/projection-rules.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import type { Journal } from '../journal.js';
import type { ReplicaStore, StoreBatch, StoredRecord } from '../ports/index.js';
import { SerialQueue } from '../serial-queue.js';

/** Records of one namespace with several values in some field; beyond it, the whole namespace is projected anew. */
const CONTESTED = 10_000;

/**
 * Keeps what is stored as today's rules say. The store notes by which rules each namespace was projected,
 * so that a crash between a change of the rules and its effect leaves no record behind.
 */
export class Reprojection {
  readonly #rules: ProjectionRules;
  readonly #store: ReplicaStore;
  readonly #segments: Segments;
  readonly #journal: Journal;
  readonly #log: Log;
  readonly #turn = new SerialQueue();
  #noted = new Map<Namespace, string>();
  /** Stored namespaces of which nothing is noted yet: they are older than the notes. */
  #unnoted = new Set<Namespace>();
  readonly #listeners = new Set<() => void>();
  #closed = false;

  constructor(around: {
    readonly rules: ProjectionRules;
    readonly store: ReplicaStore;
    readonly segments: Segments;
    readonly journal: Journal;
    readonly log: Log;
  }) {
    this.#rules = around.rules;
    this.#store = around.store;
    this.#segments = around.segments;
    this.#journal = around.journal;
    this.#log = around.log;
  }

  /** Reads the rules and what is noted, and begins with what a crash or an older version left. Once. */
  async open(): Promise<void> {
    await this.#readRules();
    const noted = await this.#store.projections();
    this.#noted = new Map(noted);
    this.#unnoted = new Set(this.#namespaces().filter((namespace) => !noted.has(namespace)));
    this.#check();
  }

  /** A part of the batch that first stores something of a namespace. */
  mark(namespace: Namespace): Pick<StoreBatch, 'projected'> {
    if (this.#noted.has(namespace) || this.#unnoted.has(namespace)) return {};
    const rules = this.#rules.name(namespace);
    this.#noted.set(namespace, rules);
    return { projected: [{ namespace, rules }] };
  }

  /** Takes rules from these entries of the directory: whatever they show otherwise is written anew, in the background. */
  learn(entries: readonly StoredRecord[]): void {
    const isNews = entries.map((entry) => this.#rules.learn(entry));
    if (isNews.includes(true)) this.#check();
  }

  async #readRules(): Promise<void> {
    for (const { name } of [namespaceDefinition, memberDefinition]) {
      const entries = await this.#store.query({
        namespaces: [DIRECTORY_NAMESPACE],
        collection: name,
        archived: 'any',
        limit: 10_000,
      });
      for (const entry of entries) this.#rules.learn(entry);
    }
  }

  #check(): void {
    for (const namespace of this.#namespaces()) {
      if (this.#noted.get(namespace) === this.#rules.name(namespace)) continue;
      this.#turn
        .run(() => this.#project(namespace))
        .catch((error) => {
          if (!this.#closed)
            this.#log('error', `applying the rules of ${namespace} failed`, {
              error: String(error),
            });
        });
    }
  }

  onDone(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when everything found so far is written anew. */
  settled(): Promise<void> {
    return this.#turn.drained();
  }

  /** Waits for what is under way. What was left is found at the next opening. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn.drained();
  }

  async #project(namespace: Namespace): Promise<void> {
    const rules = this.#rules.name(namespace);
    const noted = this.#noted.get(namespace);
    if (this.#closed || noted === rules) return;
    const isOtherForm = noted?.split(' ')[0] !== rules.split(' ')[0];
    const places = isOtherForm ? this.#places(namespace) : await this.#contested(namespace);
    for (const place of places) {
      if (this.#closed) return;
      await this.#segments.use(place, (segment) => segment.reproject());
    }
    // Changed again meanwhile: the check that saw it comes after this one.
    if (rules !== this.#rules.name(namespace)) return;
    await this.#journal.commit({ projected: [{ namespace, rules }] });
    this.#noted.set(namespace, rules);
    this.#unnoted.delete(namespace);
    for (const listener of this.#listeners) listener();
  }

  /** Only where a field has several values do the rules matter. */
  async #contested(namespace: Namespace): Promise<readonly SegmentPlace[]> {
    const records = await this.#store.query({
      namespaces: [namespace],
      refersTo: { kind: 'contested' },
      archived: 'any',
      limit: CONTESTED,
    });
    if (records.length === CONTESTED) return this.#places(namespace);
    const names = new Set(records.map(({ id }) => homeSegment(id)));
    return [...names].map((name) => this.#segments.place(namespace, name));
  }

  #places(namespace: Namespace): readonly SegmentPlace[] {
    return this.#segments.places().filter((place) => place.namespace === namespace);
  }

  #namespaces(): readonly Namespace[] {
    return [...new Set(this.#segments.places().map(({ namespace }) => namespace))];
  }
}
