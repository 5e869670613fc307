import { readFileSync } from 'node:fs';
import type { ImportedTask, Mesh, Task, TaskNotice } from '@mnemesh/core';
import { hasCode, importedRecordId, type RecordId } from '@mnemesh/protocol';
import { SeededRandom } from '@mnemesh/testing';

/** A task to be done, and the ones before it. */
export interface DrainTask {
  readonly name: string;
  readonly priority: number;
  readonly blockers: readonly string[];
}

/** An agent that works, and what it saw. */
interface Worker {
  readonly mesh: Mesh;
  readonly told: TaskNotice[];
  /** Tasks this session claimed. */
  readonly claimed: Set<RecordId>;
}

export interface DrainReport {
  readonly tasks: number;
  readonly edges: number;
  readonly claims: number;
  /** Claims of a task that another session had claimed too, without knowing. */
  readonly claimsLost: number;
  /** Tasks that were completed twice. */
  readonly contested: number;
  /** Completions that are kept and not accepted. */
  readonly unaccepted: number;
  readonly notices: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
}

export interface DrainOptions {
  /** Two agents or more; those of one replica are sessions of one process. */
  readonly replicas: readonly (readonly Mesh[])[];
  /** Indexes of the replicas that are cut off for a while, each from everybody. */
  readonly cutOff: readonly number[];
  readonly seed: number;
}

/** Claims that fail for these reasons are part of the day's work. */
const PASSED_OVER = ['already_claimed', 'already_completed', 'blocked'] as const;
/** Candidates among the ready tasks that an agent picks from. */
const CANDIDATES = 12;

/** As many tasks and `blocks` edges as asked for, in chains up to some tasks deep. */
export function generatedTasks(count: number, edges: number, seed: number): readonly DrainTask[] {
  const random = new SeededRandom(seed);
  const blockers = Array.from({ length: count }, () => new Set<string>());
  for (let made = 0; made < edges; ) {
    const from = 1 + random.int(count - 1);
    // Half of them continue a chain, which makes some of them deep.
    const linked = blockers.findIndex(
      (names, i) => i < from && names.size > 0 && random.chance(0.3),
    );
    const to = linked >= 0 && random.chance(0.5) ? linked : random.int(from);
    if (blockers[from]?.has(`t-${to}`)) continue;
    blockers[from]?.add(`t-${to}`);
    made++;
  }
  return blockers.map((names, i) => ({
    name: `t-${i}`,
    priority: random.int(5),
    blockers: [...names],
  }));
}

/** The tasks of a beads file that are not tombstones, with the `blocks` edges among them. */
export function tasksOfFile(path: string): readonly DrainTask[] {
  const issues = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Issue)
    .filter(({ status }) => status !== 'tombstone');
  const names = new Set(issues.map(({ id }) => id));
  return issues.map(({ id, priority = 2, dependencies = [] }) => ({
    name: id,
    priority,
    blockers: dependencies
      .filter(({ type, depends_on_id: on }) => type === 'blocks' && names.has(on))
      .map(({ depends_on_id: on }) => on),
  }));
}

interface Issue {
  readonly id: string;
  readonly status: string;
  readonly priority?: number;
  readonly dependencies?: readonly { readonly type: string; readonly depends_on_id: string }[];
}

export async function importTasks(mesh: Mesh, tasks: readonly DrainTask[]): Promise<void> {
  const imported = tasks.map(({ name, priority, blockers }): ImportedTask => {
    const dependencies = blockers.map((on) => ({ type: 'blocks', on: `beads:${on}` }));
    const input = { title: name, priority, dependencies, ref: `beads:${name}` };
    return { id: importedRecordId('beads', 'drain', name, '2026-01'), input };
  });
  await Promise.all(imported.map((task) => mesh.tasks.import(task)));
}

/**
 * Agents take what is ready until all is done, with some replicas cut off in the middle. What must
 * never be is noted in `faults`: a start before its blockers were accepted as done, two accepted
 * completions, somebody whose claim or completion lost and who was not told.
 */
export async function drain(options: DrainOptions): Promise<DrainReport> {
  const run = new Drain(options);
  return run.run();
}

class Drain {
  readonly #replicas: DrainOptions['replicas'];
  readonly #cutOff: readonly number[];
  readonly #random: SeededRandom;
  readonly #workers: readonly (readonly Worker[])[];
  readonly #faults: string[] = [];
  readonly #contested = new Set<RecordId>();
  readonly #changed = new Set<() => void>();
  #total = 0;
  #claims = 0;
  #unaccepted = 0;

  constructor({ replicas, cutOff, seed }: DrainOptions) {
    this.#replicas = replicas;
    this.#cutOff = cutOff;
    this.#random = new SeededRandom(seed);
    this.#workers = replicas.map((sessions) =>
      sessions.map((mesh) => ({ mesh, told: [], claimed: new Set() })),
    );
  }

  async run(): Promise<DrainReport> {
    const first = this.#first(0);
    this.#total = await first.tasks.count();
    const edges = (await first.tasks.list({ limit: 10_000 })).reduce(
      (sum, { dependencies }) => sum + dependencies.length,
      0,
    );
    const stops = this.#watch();
    const all = this.#workers.map((workers) => workers.map((worker) => this.#work(worker)));
    await this.#whenCompleted(0, this.#total / 3);
    await this.#partition();
    await Promise.all(all.flat());
    await this.#settled();
    for (const stop of stops) stop();
    await this.#judge();
    return this.#report(edges);
  }

  #first(replica: number): Mesh {
    return this.#replicas[replica]?.[0] as Mesh;
  }

  /** Each cut-off replica does a share alone, and so do the others. */
  async #partition(): Promise<void> {
    for (const replica of this.#cutOff) this.#first(replica).setOffline(true);
    const share = this.#total / 8;
    const alone = this.#cutOff.map(async (replica) => {
      const done = await this.#first(replica).tasks.count({ state: 'completed' });
      await this.#whenCompleted(replica, Math.min(this.#total, done + share));
    });
    await Promise.all(alone);
    for (const replica of this.#cutOff) this.#first(replica).setOffline(false);
  }

  #watch(): readonly (() => void)[] {
    return this.#workers.flatMap((workers, replica) => [
      this.#first(replica).tasks.watch((changes) => {
        for (const { record } of changes) if (record !== undefined) this.#look(record, replica);
        for (const wake of [...this.#changed]) wake();
      }),
      ...workers.map(({ mesh, told }) => mesh.tasks.notices((notices) => told.push(...notices))),
    ]);
  }

  /** At every moment on every replica. */
  #look({ id, completions = [], status }: Task, replica: number): void {
    const accepted = completions.filter((one) => one.accepted).length;
    if (completions.length > 1) this.#contested.add(id);
    if (accepted > 1 || (status === 'completed') !== (accepted === 1))
      this.#fault(`replica ${replica}: ${id} is ${status} with ${accepted} accepted completions`);
  }

  async #work(worker: Worker): Promise<void> {
    const { tasks } = worker.mesh;
    for (;;) {
      const ready = await tasks.ready({ limit: CANDIDATES });
      const task = ready.length === 0 ? undefined : this.#random.pick(ready);
      if (task !== undefined) await this.#doTask(worker, task);
      else if ((await tasks.count({ state: 'completed' })) >= this.#total) return;
      else await this.#change();
    }
  }

  async #doTask(worker: Worker, { id }: Task): Promise<void> {
    const { tasks } = worker.mesh;
    try {
      const task = await tasks.claim(id, { ttlMs: 3_600_000 });
      this.#claims++;
      worker.claimed.add(id);
      for (const { on } of task.dependencies) {
        const blocker = await tasks.getByRef(on);
        if (blocker?.status !== 'completed') this.#fault(`${id} was started before ${on} was done`);
      }
      // Work takes a while, in which news may come: who has lost its claim stops.
      for (let turns = this.#random.int(6); turns > 0; turns--) await new Promise(setImmediate);
      const lost = worker.told.some(({ type, task: of }) => type === 'claim_lost' && of === id);
      if (!lost) await tasks.complete(id, `by ${worker.mesh.agent.name}`);
    } catch (error) {
      if (!PASSED_OVER.some((code) => hasCode(error, code))) throw error;
    }
  }

  async #whenCompleted(replica: number, count: number): Promise<void> {
    const { tasks } = this.#first(replica);
    while ((await tasks.count({ state: 'completed' })) < count) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#changed.delete(wake);
        resolve();
      };
      this.#changed.add(wake);
    });
  }

  /** Every replica is in step with the relay, and shows what the first one shows. */
  async #settled(): Promise<void> {
    for (;;) {
      await Promise.all(this.#replicas.map((_, replica) => inStep(this.#first(replica))));
      const views = await Promise.all(this.#replicas.map((_, i) => viewsOf(this.#first(i))));
      if (new Set(views).size === 1) return;
      await this.#change();
    }
  }

  async #judge(): Promise<void> {
    const tasks = await this.#first(0).tasks.list({ limit: 10_000 });
    for (const task of tasks) {
      this.#unaccepted += (task.completions?.length ?? 1) - 1;
      if (task.status !== 'completed') this.#fault(`${task.id} was left ${task.status}`);
      for (const worker of this.#workers.flat()) this.#judgeWorker(worker, task);
    }
  }

  #judgeWorker({ mesh, told, claimed }: Worker, task: Task): void {
    if (!claimed.has(task.id)) return;
    const { id, claims = [], completions = [] } = task;
    const types = told.filter((notice) => notice.task === id).map(({ type }) => type);
    const own = completions.find(({ agent }) => agent === mesh.agent.id);
    const contested = completions.length > 1;
    const expected =
      own === undefined
        ? claims[0]?.agent === mesh.agent.id
          ? ['task_ended']
          : ['claim_lost', 'task_ended']
        : contested
          ? [own.accepted ? 'completion_accepted' : 'completion_not_accepted']
          : [];
    if (expected.length > 0 && !types.some((type) => expected.includes(type)))
      this.#fault(
        `${mesh.agent.name} was told ${types.join() || 'nothing'} of ${id}, not ${expected.join(' or ')}`,
      );
  }

  #fault(what: string): void {
    this.#faults.push(what);
  }

  #report(edges: number): DrainReport {
    const notices: Record<string, number> = {};
    for (const { type } of this.#workers.flat().flatMap(({ told }) => told))
      notices[type] = (notices[type] ?? 0) + 1;
    return {
      tasks: this.#total,
      edges,
      claims: this.#claims,
      claimsLost: this.#claims - this.#total,
      contested: this.#contested.size,
      unaccepted: this.#unaccepted,
      notices,
      faults: this.#faults,
    };
  }
}

function inStep(mesh: Mesh): Promise<void> {
  return new Promise((resolve) => {
    if (mesh.status.synced) return resolve();
    const stop = mesh.onStatus(({ synced }) => {
      if (!synced) return;
      stop();
      resolve();
    });
  });
}

async function viewsOf({ tasks }: Mesh): Promise<string> {
  return JSON.stringify(await tasks.list({ limit: 10_000 }));
}
