import { type AgentIdentity, LocalIds } from '@mnemesh/core';
import type { Intent, Intents, KeptIntent } from '@mnemesh/holder';
import {
  homeSegment,
  type MeshId,
  type RecordId,
  type Runtime,
  recordId,
  type SegmentName,
  toHex,
} from '@mnemesh/protocol';
import { type IntentRow, IntentRows } from '@mnemesh/storage-indexeddb';
import { keeperLock } from './keeper-lock.js';

/** Ids that follow from one that was given out: then another is asked for, since segments fill up. */
const IDS_OF_ONE = 100;

interface Known {
  readonly segment: SegmentName;
  left: number;
}

/**
 * Had while anything is kept: nobody else does it, and the browser may put a page aside that has none. Each has a name of its
 * own: a tab that waits for one, and is stopped, may get it later and never give it back.
 */
interface Holding {
  readonly keeper: string;
  readonly lock: Promise<() => void>;
  rows: number;
}

/** What one open mesh of this page promises to have done, kept where every tab finds it. */
export class TabIntents implements Intents {
  readonly #rows: IntentRows;
  readonly #agent: AgentIdentity;
  readonly #runtime: Runtime;
  readonly #ids: LocalIds;
  readonly #known = new Map<string, Known>();
  #number = 0;
  #holding: Holding | undefined;

  private constructor(rows: IntentRows, agent: AgentIdentity, runtime: Runtime) {
    this.#rows = rows;
    this.#agent = agent;
    this.#runtime = runtime;
    this.#ids = new LocalIds(runtime);
  }

  /** @throws MnemeshError `store_failed` */
  static async open(mesh: MeshId, agent: AgentIdentity, runtime: Runtime): Promise<TabIntents> {
    return new TabIntents(await IntentRows.open(mesh, runtime), agent, runtime);
  }

  freshId(part: string, namespace: string): string | undefined {
    const known = this.#known.get(`${part}\n${namespace}`);
    if (known === undefined || known.left === 0) return undefined;
    known.left -= 1;
    return recordId(known.segment, this.#ids.next());
  }

  learn(part: string, namespace: string, id: string): void {
    const segment = homeSegment(id as RecordId);
    this.#known.set(`${part}\n${namespace}`, { segment, left: IDS_OF_ONE });
  }

  async expected(intent: Intent): Promise<unknown> {
    // What leads knows what records look like; it is loaded by every tab, and used by few.
    const { expectedChange, expectedRecord } = await import('./lead.js');
    const { id, kind = 'agent' } = this.#agent;
    const { part, name, args, record, session } = intent;
    const now = this.#runtime.now();
    if (intent.kind === 'changes')
      return expectedChange({ part, name, args, seen: intent.seen, agent: id, now });
    return expectedRecord({
      part,
      namespace: record.namespace as never,
      id: record.id as RecordId,
      input: args[0] as object,
      agent: { id, kind },
      session: session as never,
      now,
    });
  }

  async keep(intent: Intent, after: number | undefined): Promise<KeptIntent> {
    // Before anything is awaited: the order counts.
    this.#number += 1;
    const number = this.#number;
    this.#holding ??= newHolding(toHex(this.#runtime.randomBytes(16)));
    const holding = this.#holding;
    holding.rows += 1;
    try {
      const row = await this.#rowOf(intent, { keeper: holding.keeper, number });
      await holding.lock;
      await this.#rows.put(after === undefined ? row : { ...row, after });
      return {
        asked: (clock) => this.#rows.put({ ...row, after: clock }),
        done: async () => {
          await this.#rows.remove([row]);
          this.#ended(holding);
        },
      };
    } catch (error) {
      this.#ended(holding);
      throw error;
    }
  }

  close(): void {
    this.#rows.close();
    if (this.#holding !== undefined) letGo(this.#holding);
    this.#holding = undefined;
  }

  async #rowOf(
    intent: Intent,
    place: Pick<IntentRow, 'keeper' | 'number'>,
  ): Promise<Omit<IntentRow, 'after'>> {
    const { part, name, args, record, session } = intent;
    const { namespace, id } = record;
    const at = this.#runtime.now();
    const known = intent.kind === 'changes' ? [intent.known] : await topicsKnown(intent);
    const method = `${part}.${name}`;
    return { ...place, agent: this.#agent.name, method, args, namespace, id, session, known, at };
  }

  #ended(holding: Holding): void {
    holding.rows -= 1;
    if (holding.rows > 0) return;
    letGo(holding);
    if (this.#holding === holding) this.#holding = undefined;
  }
}

async function topicsKnown(intent: Extract<Intent, { kind: 'creates' }>) {
  const { namedTopic } = await import('./lead.js');
  const { part, args, record } = intent;
  const topic = namedTopic(part, record.namespace as never, args[0] as object);
  return topic === undefined ? [] : [intent.shownOf(topic)];
}

function newHolding(keeper: string): Holding {
  return { keeper, lock: holdLock(keeperLock(keeper)), rows: 0 };
}

function letGo({ lock }: Holding): void {
  lock.then((release) => release(), noted);
}

/** @returns releases it */
function holdLock(name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const hold = (): Promise<void> => new Promise((release) => resolve(release));
    navigator.locks.request(name, hold).catch(reject);
  });
}

/** Whoever waited for it was told. */
function noted(): void {}
