import { type AgentId, MnemeshError } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import * as v from 'valibot';
import { DIRECTORY_NAMESPACE, memberId } from '../documents/directory.js';
import type { StoredRecord } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { viewOf } from '../records/shown.js';
import type { Replica } from '../replica/replica.js';
import type { Session } from '../session.js';
import { type ClaimMode, type ClaimToken, claimModes, leaseLimits } from '../tasks/claims.js';
import { strictToken } from '../tasks/strict-claim.js';
import { blockersNamed, type TaskBoard } from '../tasks/task-board.js';
import {
  claimFields,
  isHeldBy,
  type OperationField,
  refuseClaim,
  type StandingTask,
  type TaskActor,
} from '../tasks/task-operations.js';
import { parse } from './schema.js';
import type { ClaimOptions, Task } from './task.js';

/** How long a lease holds unless asked otherwise: long enough for a model's turn, short enough for a crash. */
const DEFAULT_LEASE_MS = 15 * 60_000;

const claimOptions = v.strictObject({
  ttlMs: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(leaseLimits.leastMs),
      v.maxValue(leaseLimits.mostMs),
    ),
  ),
  mode: v.optional(v.picklist(claimModes)),
  capabilities: v.optional(v.array(v.string())),
});

/** A claim that nothing known so far forbids, and that may be written when its turn comes. */
export interface PreparedClaim {
  readonly fields: (standing: StandingTask) => readonly OperationField[];
  /** What had to be completed first, where it is known here. */
  readonly blockers: readonly StoredRecord[];
}

/** Judges one session's claims before they are written, and asks the relay for the strict ones. */
export class TaskClaiming {
  readonly #replica: Replica;
  readonly #session: Session;

  constructor(replica: Replica, session: Session) {
    this.#replica = replica;
    this.#session = session;
  }

  /** @throws MnemeshError `bad_input` */
  options(options: ClaimOptions): ClaimOptions {
    return parse(claimOptions, options, 'options') as ClaimOptions;
  }

  /** @throws MnemeshError `lacks_capability`, `already_claimed`, `blocked`, and what a relay answers */
  async prepare(
    board: TaskBoard,
    record: StoredRecord,
    asked: ClaimOptions,
  ): Promise<PreparedClaim> {
    const task = taskOf(record);
    const mode = modeOf(task, asked.mode);
    const held = task.claim !== undefined && isHeldBy(task.claim, this.#actor);
    const ttlMs = asked.ttlMs ?? (held ? task.claim.ttlMs : DEFAULT_LEASE_MS);
    this.#refuseIncapable(task, asked.capabilities ?? this.#session.agent.capabilities ?? []);
    const nameOf = await this.names(task);
    const isLapsed = (claim: NonNullable<Task['claim']>) => board.leases.isLapsed(task.id, claim);
    refuseClaim({ facts: factsOf(task) }, this.#actor, { isLapsed, nameOf });
    const names = await this.#refuseBlocked(board, record);
    const token = mode === 'strict' ? await this.#token(task, ttlMs, isLapsed, nameOf) : undefined;
    const blockers = await Promise.all(names.map((name) => board.find(name)));
    const request = { mode, ttlMs, isLapsed, nameOf, ...(token === undefined ? {} : { token }) };
    return {
      blockers: blockers.filter((blocker) => blocker !== undefined),
      fields: (standing) => {
        this.#refuseRewired(record, standing.standing);
        return claimFields(standing, this.#actor, request);
      },
    };
  }

  /** Names of the agents that a refusal may have to name. */
  async names({ claim }: Task): Promise<(agent: AgentId) => string> {
    if (claim === undefined) return (agent) => agent.slice(0, 8);
    const member = await this.#replica.store.record(DIRECTORY_NAMESPACE, memberId(claim.agent));
    const view = JSON.parse(member?.view ?? '{}') as {
      readonly fields?: { readonly name?: string };
    };
    const name = view.fields?.name;
    return (agent) => (agent === claim.agent && name !== undefined ? name : agent.slice(0, 8));
  }

  get #actor(): TaskActor {
    return { agent: this.#session.agent.id, session: this.#session.id };
  }

  /** @throws MnemeshError `lacks_capability` */
  #refuseIncapable({ requires }: Task, can: readonly string[]): void {
    const lacking = requires.filter((word) => !can.includes(word));
    if (lacking.length === 0) return;
    throw new MnemeshError(
      'lacks_capability',
      `This task requires ${lacking.join(', ')}, which ${this.#session.agent.name} has not declared. Leave it to an agent that has, or claim it with these capabilities.`,
    );
  }

  /** @returns the names of the tasks that had to be completed first @throws MnemeshError `blocked` */
  async #refuseBlocked(board: TaskBoard, record: StoredRecord): Promise<readonly string[]> {
    const blockers = await board.blockersOf(record);
    if (blockers.length === 0) return blockersNamed(record);
    const listed = blockers.slice(0, 5).map(({ on, state }) => `${on} (${state})`);
    const more = blockers.length > 5 ? ` and ${blockers.length - 5} more` : '';
    throw new MnemeshError(
      'blocked',
      `This task waits for ${listed.join(', ')}${more}. Complete these first, or remove the dependency.`,
      { retryable: true },
    );
  }

  /** Dependencies that came between the look at them and the claim's turn were not judged. */
  #refuseRewired(judged: StoredRecord, standing: readonly VerifiedEnvelope[]): void {
    const now = this.#replica.project(judged, standing);
    const names = new Set(blockersNamed(judged));
    if (now === undefined || blockersNamed(now).every((name) => names.has(name))) return;
    throw new MnemeshError('blocked', 'This task got another dependency just now. Try again.', {
      retryable: true,
    });
  }

  async #token(
    task: Task,
    ttlMs: number,
    isLapsed: (claim: NonNullable<Task['claim']>) => boolean,
    nameOf: (agent: AgentId) => string,
  ): Promise<ClaimToken | undefined> {
    const { claim } = task;
    if (claim !== undefined && isHeldBy(claim, this.#actor) && claim.mode === 'strict')
      return undefined;
    return strictToken(
      { namespace: task.namespace, record: task.id, ...this.#actor, ttlMs },
      task.claims ?? [],
      { ask: (request) => this.#replica.claimAtRelay(request), isLapsed, nameOf },
    );
  }
}

/** @throws MnemeshError `bad_input` for an advisory claim on a task that takes only strict ones */
function modeOf({ claimMode }: Task, asked: ClaimMode | undefined): ClaimMode {
  const mode = asked ?? claimMode ?? 'advisory';
  if (mode === 'advisory' && claimMode === 'strict') {
    throw new MnemeshError(
      'bad_input',
      'This task takes strict claims only: claim it with mode "strict" while the relay is reachable.',
    );
  }
  return mode;
}

/** For a look of our own: the session was not shown it, and must not replace what it holds. */
export function taskOf(record: StoredRecord): Task {
  return viewOf(record, JSON.parse(record.view) as StoredView) as Task;
}

function factsOf(task: Task): StandingTask['facts'] {
  return {
    status: task.status,
    statuses: undefined,
    claims: task.claims ?? [],
    completions: [],
    accepted: undefined,
  };
}
