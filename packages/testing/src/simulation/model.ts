import type { AgentId, Namespace, RecordId } from '@mnemesh/protocol';

/** One call of a user that writes. Its token is in the value it wrote, so that it can be found again anywhere. */
export interface ModelWrite {
  readonly token: string;
  readonly kind: 'base' | 'value' | 'add' | 'remove' | 'forget';
  readonly record: ModelRecord;
  readonly field: string;
  readonly device: string;
  readonly agent: AgentId;
  readonly session: number;
  /** Its session goes through whoever holds the device's replica. */
  readonly isOfTab: boolean;
  /** Tokens that its session had been shown of this record, and all that those had been shown. */
  readonly ancestors: ReadonlySet<string>;
  /** Of an item on a topic. */
  readonly topic?: TopicWrite;
  /** When `saved` resolved, in world time; undefined while unknown, or after its device lost it again. */
  savedAt: number | undefined;
  /** When `acked` resolved; undefined while unknown, or after the relay lost it again. */
  ackedAt: number | undefined;
  /** The call was refused: nothing was written. */
  refused: boolean;
}

/** What an item on a topic was written in knowledge of. */
export interface TopicWrite {
  readonly name: string;
  readonly supersedes: readonly ModelRecord[];
  /** Tokens of the topic's items that its session had been shown when it called, and all behind them. */
  readonly known: ReadonlySet<string>;
  /** Those, and what it was shown until the item was saved: that may be in its context, or not. */
  readonly maybeKnown: Set<string>;
}

export interface ModelRecord {
  readonly key: string;
  readonly namespace: Namespace;
  readonly collection: 'task' | 'memory' | 'tool';
  id: RecordId | undefined;
  readonly writes: ModelWrite[];
}

/** World milliseconds that an ack may take from the relay to whoever waits for it. */
const ACK_UNDER_WAY_MS = 1_000;

/**
 * What users were promised, and nothing of how it is kept: which writes were saved where, which
 * were acked, and which of them its writer had seen.
 */
export class Model {
  readonly records: ModelRecord[] = [];
  readonly writes = new Map<string, ModelWrite>();
  #tokens = 0;
  #relayRestoredAt = Number.NEGATIVE_INFINITY;

  addRecord(namespace: Namespace, collection: ModelRecord['collection']): ModelRecord {
    const record: ModelRecord = {
      key: `r${this.records.length}`,
      namespace,
      collection,
      id: undefined,
      writes: [],
    };
    this.records.push(record);
    return record;
  }

  begin(
    record: ModelRecord,
    write: Pick<
      ModelWrite,
      'kind' | 'field' | 'device' | 'agent' | 'session' | 'isOfTab' | 'topic'
    >,
    seen: SeenTokens,
  ): ModelWrite {
    const token = `w${++this.#tokens}`;
    const begun: ModelWrite = {
      ...write,
      token,
      record,
      ancestors: new Set(seen.of(record)),
      savedAt: undefined,
      ackedAt: undefined,
      refused: false,
    };
    this.writes.set(token, begun);
    record.writes.push(begun);
    return begun;
  }

  recordOf(namespace: string, id: string): ModelRecord | undefined {
    return this.records.find((record) => record.namespace === namespace && record.id === id);
  }

  /** Everybody was promised that this write is not lost. */
  static isCertain(write: ModelWrite): boolean {
    return !write.refused && (write.savedAt !== undefined || write.ackedAt !== undefined);
  }

  /** A device's store is older now than it was: what it saved since is promised no more. */
  deviceRolledBack(device: string, toTime: number): void {
    for (const write of this.writes.values()) {
      if (write.device === device && write.savedAt !== undefined && write.savedAt > toTime)
        write.savedAt = undefined;
    }
  }

  /** The relay's log is older now than it was: what it acked since is promised no more. */
  relayRolledBack(toTime: number, now: number): void {
    this.#relayRestoredAt = now;
    for (const write of this.writes.values()) {
      if (write.ackedAt !== undefined && write.ackedAt > toTime) write.ackedAt = undefined;
    }
  }

  /** The relay acked this write; unless the ack was still under way when its log was put back. */
  acked(write: ModelWrite, now: number): void {
    if (now - this.#relayRestoredAt <= ACK_UNDER_WAY_MS) return;
    // A tab hears of an ack when it has a holder again: it may be from before the log was put back.
    if (write.isOfTab && (write.savedAt ?? now) <= this.#relayRestoredAt) return;
    // In the moment in which it was saved: it wrote nothing that was not there, asked no relay, and is
    // worth as much as the ack of whoever wrote it first.
    write.ackedAt = now === write.savedAt ? ackOfEarlier(write) : now;
  }

  /** How many writes are concurrent with another on the same record, and how many such pairs there are. */
  concurrency(): { readonly writes: number; readonly concurrent: number; readonly pairs: number } {
    let pairs = 0;
    const concurrent = new Set<string>();
    for (const { writes } of this.records) {
      const done = writes.filter((write) => !write.refused && write.kind !== 'base');
      for (const [i, a] of done.entries()) {
        for (const b of done.slice(i + 1)) {
          if (a.session === b.session || a.ancestors.has(b.token) || b.ancestors.has(a.token))
            continue;
          pairs++;
          concurrent.add(a.token).add(b.token);
        }
      }
    }
    return {
      writes: [...this.writes.values()].filter(({ refused }) => !refused).length,
      concurrent: concurrent.size,
      pairs,
    };
  }
}

function ackOfEarlier({ record, kind, field, token }: ModelWrite): number | undefined {
  const acks = record.writes.flatMap((other) =>
    other.token !== token && other.kind === kind && other.field === field
      ? (other.ackedAt ?? [])
      : [],
  );
  return acks.length === 0 ? undefined : Math.min(...acks);
}

/** What one session has been shown. */
export class SeenTokens {
  readonly #model: Model;
  readonly #seen = new Map<ModelRecord, Set<string>>();
  readonly #topics = new Map<string, Set<string>>();

  constructor(model: Model) {
    this.#model = model;
  }

  of(record: ModelRecord): ReadonlySet<string> {
    return this.#seen.get(record) ?? new Set();
  }

  /** The session was shown these tokens, and so everything that their writers had been shown. */
  show(record: ModelRecord, tokens: Iterable<string>): void {
    const seen = this.#seen.get(record) ?? new Set<string>();
    this.#seen.set(record, seen);
    for (const token of tokens) {
      seen.add(token);
      const write = this.#model.writes.get(token);
      for (const ancestor of write?.ancestors ?? []) seen.add(ancestor);
      if (write?.topic === undefined) continue;
      const known = this.#topics.get(write.topic.name) ?? new Set<string>();
      this.#topics.set(write.topic.name, known);
      for (const one of [token, ...write.topic.known]) known.add(one);
    }
  }

  /** Tokens of the items of a topic. */
  ofTopic(name: string): ReadonlySet<string> {
    return this.#topics.get(name) ?? new Set();
  }
}

/** The tokens that a stored record shows. Its audit records tell of values that are no more. */
export function shownTokens(view: string | undefined): ReadonlySet<string> {
  const { audits: _, ...shown } = JSON.parse(view ?? '{}') as { readonly audits?: unknown };
  return tokensIn(shown);
}

/** Every token that occurs in some JSON. */
export function tokensIn(value: unknown): ReadonlySet<string> {
  return new Set(JSON.stringify(value ?? null).match(/\bw\d+\b/g) ?? []);
}
