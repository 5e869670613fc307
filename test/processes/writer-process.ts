import { openSync, writeSync } from 'node:fs';
import { agentFromSeed, type Mesh, openReplica, type Write } from '@mnemesh/core';
import { fromHex, type RecordId } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { openEarlyStore } from './early-store.js';
import { Opener } from './flushing.js';
import type { Claim, Step, WriterPlace } from './messages.js';
import { fail, follow, given, report } from './parent.js';

/** Folds and new segments often, so that a kill also finds the store amid housekeeping. */
const limits = { loggedUpdates: 12, records: 120, bytes: 48 * 1024 };
/** Writes that wait for an ack before the writer pauses. */
const UNACKED_WRITES = 200;

const place = given<WriterPlace>();

/** Writes by its plan, and reports each write when it is saved and when it is acked. */
class Writer {
  readonly #mesh: Mesh;
  readonly #savedFile: number | undefined;
  readonly #written: RecordId[] = [];
  #count = 0;
  #turn = 0;
  #task: RecordId | undefined;
  #unacked = 0;
  #oneAcked: () => void = () => undefined;
  #done = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(mesh: Mesh) {
    this.#mesh = mesh;
    this.#savedFile = place.savedFile === undefined ? undefined : openSync(place.savedFile, 'a');
  }

  get unacked(): number {
    return this.#unacked;
  }

  /** Does so many steps more. They run one after another, whoever asked for them. */
  steps(count: number): Promise<void> {
    this.#running = this.#running.then(() => this.#run(count));
    return this.#running;
  }

  /** Resolves when every step asked for was done. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(count: number): Promise<void> {
    if (this.#task === undefined) await this.#beginTask();
    for (let n = 0; n < count; n++) {
      const step = place.plan[this.#done++ % place.plan.length] as Step;
      await this.#step(step);
      const mayWait = step.until === 'acked' ? 0 : UNACKED_WRITES;
      while (this.#unacked > mayWait) await this.#anAck();
    }
  }

  async #step(step: Step): Promise<void> {
    switch (step.kind) {
      case 'create':
        await Promise.all(Array.from({ length: step.count }, () => this.#create(step.bytes)));
        return;
      case 'turn':
        return this.#nextTurn();
      case 'forget':
        return this.#forgetOne();
    }
  }

  async #beginTask(): Promise<void> {
    const title = titleOf(0);
    const own = (await this.#mesh.tasks.list({ limit: 1_000 })).find(
      ({ notes }) => notes === place.name,
    );
    this.#turn = own === undefined ? 0 : turnOf(own.title);
    const { id } = own ?? (await this.#mesh.tasks.create({ title, notes: place.name }));
    this.#task = id;
  }

  #create(bytes: number): Promise<void> {
    const mark = `${place.name}.${process.pid}.${++this.#count}.`;
    // Repeated, so that one whole mark lies on one page of the store wherever a page ends.
    const content = mark.repeat(Math.max(3, Math.ceil(bytes / mark.length)));
    return this.#follow(this.#mesh.memory.create({ content, topic: 'crash' }), ({ id }) => {
      this.#written.push(id);
      return { kind: 'content', id, content };
    });
  }

  #nextTurn(): Promise<void> {
    const id = this.#task as RecordId;
    const turn = ++this.#turn;
    const write = this.#mesh.tasks.update(id, { title: titleOf(turn) });
    return this.#follow(write, () => ({ kind: 'turn', id, turn }));
  }

  async #forgetOne(): Promise<void> {
    const id = this.#written.shift();
    if (id === undefined) return;
    report({ kind: 'saved', claims: [{ kind: 'released', id }] });
    await this.#follow(this.#mesh.memory.forget(id), () => ({ kind: 'forgotten', id }));
  }

  /** Reports a write when it is saved, then resolves; and reports it again when it is acked. */
  async #follow<T>(write: Write<T>, claimOf: (value: T) => Claim): Promise<void> {
    const claim = claimOf(await write);
    if (this.#savedFile !== undefined) writeSync(this.#savedFile, `${JSON.stringify(claim)}\n`);
    report({ kind: 'saved', claims: [claim] });
    if (place.url === undefined) return;
    this.#unacked++;
    write.acked.then(() => {
      this.#unacked--;
      report({ kind: 'acked', claims: [claim] });
      this.#oneAcked();
    }, ignoreClosed);
  }

  #anAck(): Promise<void> {
    return new Promise((resolve) => {
      this.#oneAcked = resolve;
    });
  }
}

function titleOf(turn: number): string {
  return `turn ${turn}`;
}

function turnOf(title: string): number {
  return Number(title.replace('turn ', ''));
}

/** A write that was not acked before the process closed in order. */
function ignoreClosed(): void {}

function unlinked(mesh: Mesh): Promise<void> {
  const isUnlinked = () => mesh.status.transports.every(({ links }) => links === 0);
  if (isUnlinked()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = mesh.onStatus(() => {
      if (!isUnlinked()) return;
      stop();
      resolve();
    });
  });
}

async function main(): Promise<void> {
  const runtime = nodeRuntime();
  const { directory, name, agentSeed, url, flushing, saveEarlyMs } = place;
  const opener = new Opener(flushing);
  const store = openSqliteStore({ directory, runtime, open: opener.open });
  const mesh = await openReplica({
    mesh: 'team',
    agent: await agentFromSeed(nodeSignatures, name, fromHex(agentSeed)),
    store: saveEarlyMs === undefined ? store : openEarlyStore(store, saveEarlyMs),
    transports: url === undefined ? [] : [websocketTransport({ url, runtime })],
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(),
    limits,
  });
  const writer = new Writer(mesh);
  report({ kind: 'opened', synchronous: opener.synchronous() });
  follow(async (order) => {
    switch (order.kind) {
      case 'steps':
        return writer.steps(order.count);
      case 'unlinked':
        await unlinked(mesh);
        return report({ kind: 'unlinked', unacked: writer.unacked });
      case 'stop':
        await writer.idle();
        if (url !== undefined) await mesh.acked();
        return report({ kind: 'stopped' });
      case 'close':
        await writer.idle();
        await mesh.close();
        process.disconnect();
    }
  });
}

main().catch(fail);
