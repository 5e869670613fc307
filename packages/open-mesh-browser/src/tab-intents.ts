import { type AgentIdentity, LocalIds } from '@mnemesh/core';
import type { Intent, Intents, KeptIntent, LeftCall } from '@mnemesh/holder';
import {
  hasCode,
  homeSegment,
  type MeshId,
  type RecordId,
  type Runtime,
  recordId,
  type SegmentName,
  toHex,
} from '@mnemesh/protocol';
import { IntentRows } from '@mnemesh/storage-indexeddb';
import { keeperLock } from './keeper-lock.js';

/** Ids that follow from one that was given out: then another is asked for, since segments fill up. */
const IDS_OF_ONE = 100;

interface Known {
  readonly segment: SegmentName;
  left: number;
}

/** What one open mesh of this page promises to have done, kept where every tab finds it. */
export class TabIntents implements Intents {
  readonly #rows: IntentRows;
  readonly #keeper: string;
  readonly #agent: AgentIdentity;
  readonly #runtime: Runtime;
  readonly #ids: LocalIds;
  readonly #known = new Map<string, Known>();
  #number = 0;
  #open = 0;
  /** Had while anything is kept: nobody else does it, and the browser may put a page aside that has none. */
  #lock: Promise<() => void> | undefined;

  private constructor(rows: IntentRows, keeper: string, agent: AgentIdentity, runtime: Runtime) {
    this.#rows = rows;
    this.#keeper = keeper;
    this.#agent = agent;
    this.#runtime = runtime;
    this.#ids = new LocalIds(runtime);
  }

  /** @throws MnemeshError `store_failed` */
  static async open(mesh: MeshId, agent: AgentIdentity, runtime: Runtime): Promise<TabIntents> {
    const rows = await IntentRows.open(mesh, runtime);
    return new TabIntents(rows, toHex(runtime.randomBytes(16)), agent, runtime);
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

  async keep(intent: Intent): Promise<KeptIntent | undefined> {
    // Before anything is awaited: the order counts.
    this.#number += 1;
    const number = this.#number;
    try {
      const value = await this.#expected(intent);
      return value === undefined ? undefined : await this.#put(intent, number, value);
    } catch (error) {
      if (hasCode(error, 'bad_input') || hasCode(error, 'write_once')) throw error;
      this.#runtime.log('warn', 'a write waits for the tab that leads', {
        error: String(error),
      });
      return undefined;
    }
  }

  close(): void {
    this.#rows.close();
    this.#open = 0;
    this.#letGo();
  }

  async #expected(intent: Intent): Promise<unknown> {
    // What leads knows what records look like; it is loaded by every tab, and used by few.
    const { expectedChange, expectedRecord } = await import('./lead.js');
    const { id, kind = 'agent' } = this.#agent;
    const now = this.#runtime.now();
    const { part, namespace, args, record, session } = intent;
    if (intent.kind === 'changes')
      return expectedChange({ part, name: intent.name, args, seen: intent.seen, agent: id, now });
    return expectedRecord({
      part,
      namespace: namespace as never,
      id: record as RecordId,
      input: args[0] as object,
      agent: { id, kind },
      session: session as never,
      now,
    });
  }

  async #put(intent: Intent, number: number, value: unknown): Promise<KeptIntent> {
    const place = { keeper: this.#keeper, number };
    this.#open += 1;
    try {
      this.#lock ??= holdLock(keeperLock(this.#keeper));
      await this.#lock;
      await this.#rows.add({ ...place, agent: this.#agent.name, ...callOf(intent) });
    } catch (error) {
      this.#ended();
      throw error;
    }
    const done = async (): Promise<void> => {
      await this.#rows.remove(place);
      this.#ended();
    };
    return { value, done };
  }

  #ended(): void {
    this.#open -= 1;
    if (this.#open === 0) this.#letGo();
  }

  #letGo(): void {
    const lock = this.#lock;
    this.#lock = undefined;
    lock?.then((release) => release(), noted);
  }
}

function callOf(intent: Intent): LeftCall & Pick<Intent, 'namespace'> {
  const { part, namespace, args } = intent;
  if (intent.kind === 'creates') return { method: `${part}.create`, namespace, args: [...args] };
  const { name, session, known } = intent;
  return { method: `${part}.${name}`, namespace, args: [...args], changes: { session, known } };
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
