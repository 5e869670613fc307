import { nodeSignatures } from '@mnemesh/runtime-node';
import { SeededRandom, SimulatedRuntimes, SimulatedTime } from '@mnemesh/testing';
import {
  type AppendGroup,
  type MeshLog,
  openSqliteUpdateLog,
  Relay,
  type RelayLimits,
  type UpdateLog,
} from '../src/index.js';
import { temporaryDirectory } from './fixtures.js';
import { ScriptedReplica } from './scripted-replica.js';

/** What a test does to the log below the relay. */
export interface LogFaults {
  /** Appends wait for `release`. */
  hold: boolean;
  /** The next append is refused before anything is written. */
  failNextAppend: boolean;
  /** The next call of this method is refused. */
  failNext: 'putBase' | 'dropRows' | 'putClaim' | undefined;
  readonly calls: string[];
  /** What reads have found waits for `release`. */
  holdReads: boolean;
  /** The states of documents wait for `release`. */
  holdStates: boolean;
  /** The number after which each read asked for updates. */
  readonly reads: number[];
}

/** Reads of a log in one test. A relay that reads on for ever would never let the test end. */
const MAX_READS = 10_000;

/** A relay on a SQLite log in a temporary directory, in virtual time. */
export class RelayBench {
  readonly time = new SimulatedTime();
  readonly faults: LogFaults = {
    hold: false,
    failNextAppend: false,
    failNext: undefined,
    calls: [],
    holdReads: false,
    holdStates: false,
    reads: [],
  };
  readonly #runtimes = new SimulatedRuntimes(this.time, new SeededRandom('relay'));
  readonly #place = temporaryDirectory();
  readonly #limits: Partial<RelayLimits>;
  #held: (() => void)[] = [];
  #replicas = 0;
  relay!: Relay;
  log!: UpdateLog;

  private constructor(limits: Partial<RelayLimits>) {
    this.#limits = limits;
  }

  /** Of the log's files. */
  get directory(): string {
    return this.#place.directory;
  }

  static async start(limits: Partial<RelayLimits> = {}): Promise<RelayBench> {
    const bench = new RelayBench(limits);
    await bench.#begin();
    return bench;
  }

  /** Lets everything happen that happens within a few group delays. */
  async settle(ms = 50): Promise<void> {
    await this.time.advance(ms);
  }

  /** A replica that has said hello and subscribed, after all it was sent has arrived. */
  async join(options: { readonly globs?: readonly string[] } = {}): Promise<ScriptedReplica> {
    const replica = this.connect().hello().subscribe(undefined, options.globs);
    await this.settle();
    return replica;
  }

  connect(id = ++this.#replicas): ScriptedReplica {
    return new ScriptedReplica(this.relay, id);
  }

  /** Lets what is held go on, and all that comes later through. */
  release(): void {
    this.faults.hold = false;
    this.faults.holdReads = false;
    this.faults.holdStates = false;
    for (const go of this.#held) go();
    this.#held = [];
  }

  /** Closes relay and log in order, and opens them anew. */
  async restart(): Promise<void> {
    await this.#end();
    await this.#begin();
  }

  async close(): Promise<void> {
    this.release();
    await this.#end();
    this.#place.remove();
  }

  async #begin(): Promise<void> {
    const runtime = this.#runtimes.start('relay');
    const { directory } = this.#place;
    this.log = faulty(await openSqliteUpdateLog({ directory, runtime }), this);
    const signatures = nodeSignatures;
    this.relay = new Relay({ log: this.log, runtime, signatures, limits: this.#limits });
  }

  async #end(): Promise<void> {
    await this.time.complete(this.relay.close());
    await this.log.close();
  }

  /** Resolves at once, or when what is held is released. */
  async pass(hold: boolean): Promise<void> {
    if (hold) await new Promise<void>((go) => this.#held.push(go));
  }
}

/** The same log, with a test's faults between it and the relay. */
function faulty(log: UpdateLog, bench: RelayBench): UpdateLog {
  return {
    incarnation: log.incarnation,
    mesh: async (mesh) => faultyMesh(await log.mesh(mesh), bench),
    holds: (mesh) => log.holds(mesh),
    meshes: () => log.meshes(),
    erase: () => log.erase(),
    close: () => log.close(),
  };
}

function faultyMesh(log: MeshLog, bench: RelayBench): MeshLog {
  const { faults } = bench;
  const refuse = (): never => {
    throw new Error('the disk is full');
  };
  return {
    mesh: log.mesh,
    incarnations: log.incarnations,
    get head() {
      return log.head;
    },
    get claims() {
      return log.claims;
    },
    get claimsInDoubt() {
      return log.claimsInDoubt;
    },
    claim: (task) => log.claim(task),
    putClaim: async (task, claim) => {
      if (faults.failNext === 'putClaim') {
        faults.failNext = undefined;
        return refuse();
      }
      faults.calls.push('putClaim');
      return log.putClaim(task, claim);
    },
    confirmClaims: () => log.confirmClaims(),
    documents: () => log.documents(),
    state: async (guid) => {
      const found = await log.state(guid);
      await bench.pass(faults.holdStates);
      return found;
    },
    read: async (guid, after) => {
      if (faults.reads.push(after) > MAX_READS) throw new Error('The relay reads without end.');
      const found = await log.read(guid, after);
      await bench.pass(faults.holdReads);
      return found;
    },
    append: async (group: AppendGroup) => {
      await bench.pass(faults.hold);
      if (faults.failNextAppend) {
        faults.failNextAppend = false;
        return refuse();
      }
      faults.calls.push(`append ${group.updates.length}`);
      return log.append(group);
    },
    putBase: async (guid, base) => {
      if (faults.failNext === 'putBase') {
        faults.failNext = undefined;
        return refuse();
      }
      faults.calls.push('putBase');
      return log.putBase(guid, base);
    },
    dropRows: async (guid) => {
      if (faults.failNext === 'dropRows') {
        faults.failNext = undefined;
        return refuse();
      }
      faults.calls.push('dropRows');
      return log.dropRows(guid);
    },
    ends: () => log.ends(),
    putEnd: (end, documents) => log.putEnd(end, documents),
    replica: (replica) => log.replica(replica),
    putReplica: (replica, opening) => log.putReplica(replica, opening),
  };
}
