import type { Replica, Task, Write } from '@mnemesh/core';
import { hasCode, type RecordId } from '@mnemesh/protocol';
import type { Device, DeviceSession } from './device.js';
import type { ModelRecord, ModelWrite } from './model.js';
import { BrokenPromise } from './oracle.js';
import type { World } from './world.js';

/** What agents do with tasks. */
export const taskActions = {
  claim: 6,
  claim_everywhere: 2,
  claim_strict: 3,
  renew: 2,
  release: 2,
  complete: 3,
  complete_everywhere: 2,
  comment: 2,
} as const;
export type TaskAction = keyof typeof taskActions;

/** Refusals that are answers: nothing was written. */
const REFUSALS = [
  'already_claimed',
  'already_completed',
  'illegal_transition',
  'not_claimed',
  'blocked',
  'relay_unavailable',
  'claims_in_doubt',
] as const;

export function isTaskRefusal(error: unknown): boolean {
  return REFUSALS.some((code) => hasCode(error, code));
}

/** Leases of a few seconds to a minute, so that some lapse in a run. */
const SHORTEST_LEASE_MS = 2_000;
const LONGEST_LEASE_MS = 60_000;

/** What a user's call needs of whoever keeps the books. */
export interface Books {
  begin(device: Device, session: DeviceSession, record: ModelRecord, field: string): ModelWrite;
  follow(
    session: DeviceSession,
    record: ModelRecord,
    write: ModelWrite,
    call: Write<unknown>,
  ): void;
  /** A call whose outcome is not promised to anybody. */
  background(session: DeviceSession, record: ModelRecord, call: Write<Task>): void;
}

/** Users who claim tasks and complete them; and a look at every task whenever a replica changes it. */
export class TaskWork {
  readonly #world: World;
  readonly #books: Books;
  readonly #watched = new WeakSet<Replica>();

  constructor(world: World, books: Books) {
    this.#world = world;
    this.#books = books;
  }

  act(action: TaskAction, device: Device, session: DeviceSession, record: ModelRecord): void {
    this.#watchAll();
    const everywhere = this.#world.up.flatMap((one) => {
      const last = one.sessions.at(-1);
      return last === undefined ? [] : [{ device: one, session: last }];
    });
    switch (action) {
      case 'claim':
      case 'claim_strict':
        this.#claim(session, record, action === 'claim' ? 'advisory' : 'strict');
        break;
      case 'claim_everywhere':
        for (const one of everywhere) this.#claim(one.session, record, 'advisory');
        break;
      case 'complete':
        this.#complete(device, session, record);
        break;
      case 'complete_everywhere':
        for (const one of everywhere) this.#complete(one.device, one.session, record);
        break;
      default:
        this.#books.background(session, record, this.#call(action, session, record));
    }
  }

  #call(action: 'renew' | 'release' | 'comment', session: DeviceSession, record: ModelRecord) {
    const tasks = session.mesh.tasks.in(record.namespace);
    const id = record.id as RecordId;
    if (action === 'renew') return tasks.renew(id);
    return action === 'release' ? tasks.release(id) : tasks.comment(id, 'Noted.');
  }

  #claim(session: DeviceSession, record: ModelRecord, mode: 'advisory' | 'strict'): void {
    const { random } = this.#world;
    const ttlMs = random.between(SHORTEST_LEASE_MS, LONGEST_LEASE_MS);
    const tasks = session.mesh.tasks.in(record.namespace);
    this.#books.background(session, record, tasks.claim(record.id as RecordId, { ttlMs, mode }));
  }

  /** A completion is never replaced: who was promised it finds it, accepted or not. */
  #complete(device: Device, session: DeviceSession, record: ModelRecord): void {
    const write = this.#books.begin(device, session, record, 'completions');
    const tasks = session.mesh.tasks.in(record.namespace);
    const call = tasks.complete(record.id as RecordId, `${write.token} done`);
    this.#books.follow(session, record, write, call);
  }

  /** On no replica at any moment has a task two accepted completions. */
  #watchAll(): void {
    for (const { replica, name } of this.#world.devices) {
      if (replica === undefined || this.#watched.has(replica)) continue;
      this.#watched.add(replica);
      replica.onRecordsEverywhere((_, changes) => {
        for (const { record } of changes) {
          if (record?.collection !== 'task') continue;
          const { fields } = JSON.parse(record.view) as { readonly fields: Task };
          const fault = faultOf(fields);
          if (fault !== undefined)
            this.#world.time.defect(new BrokenPromise('TC', `${record.id} on ${name} ${fault}`));
        }
      });
    }
  }
}

/** What must hold of every task on every replica at every moment, judged by its claims and completions alone. */
export function faultOf({
  status,
  claim,
  claims = [],
  completions = [],
}: Task): string | undefined {
  const accepted = completions.filter((one) => one.accepted);
  if (accepted.length > 1) return `has ${accepted.length} accepted completions`;
  if (completions.length > 0 && (accepted.length === 0 || status !== 'completed'))
    return `is ${status} with ${completions.length} completions, ${accepted.length} of them accepted`;
  const best = Math.max(0, ...completions.map(({ epoch }) => epoch));
  // Completions that know of none other are concurrent: none here is later, for that is refused.
  if (accepted[0] !== undefined && accepted[0].epoch < best)
    return `has accepted a completion of epoch ${accepted[0].epoch} over one of epoch ${best}`;
  const isEnded = ['completed', 'failed', 'canceled', 'rejected'].includes(status);
  const epoch = Math.max(0, ...claims.map((one) => one.epoch));
  const first = claims
    .filter((one) => one.epoch === epoch)
    .reduce<(typeof claims)[number] | undefined>(
      (a, b) =>
        a === undefined || b.clock < a.clock || (b.clock === a.clock && b.agent < a.agent) ? b : a,
      undefined,
    );
  const holder = isEnded || first?.released === true ? undefined : first?.key;
  if (claim?.key !== holder) return `is held by ${claim?.key}, and its claims say ${holder}`;
  const tokens = claims.flatMap(({ token }) =>
    token === undefined ? [] : [JSON.stringify(token)],
  );
  if (new Set(tokens).size !== tokens.length) return 'was granted twice by one token';
  return undefined;
}
