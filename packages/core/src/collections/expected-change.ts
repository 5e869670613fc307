import { type AgentId, MnemeshError } from '@mnemesh/protocol';
import { clockIso, HybridClock } from '../hybrid-clock.js';
import { MEMBER_SIGN } from '../records/base-data.js';
import { ARCHIVED_FIELD } from '../records/projection.js';
import { PLAN_FIELDS, RESULT_FIELD, STATUS_FIELD } from '../tasks/task-fields.js';
import type { Json, RecordView } from './collection.js';
import { memoryDefinition } from './memory-item.js';
import { patchValues } from './patch-values.js';
import { personaDefinition } from './persona.js';
import type { CollectionDefinition, SetField } from './schema.js';
import { taskDefinition } from './task.js';
import { toolDefinition } from './tool-state.js';
import { checkValidity } from './validity.js';

/** Characters of a change that is promised unseen: far below what a commit takes, whatever is added to them. */
const EXPECTED_CHARS = 128 * 1024;

/** Parts of a mesh in which a change is written in knowledge of what its user was shown, and no more. */
const parts: ReadonlyMap<string, CollectionDefinition> = new Map([
  ['memory', memoryDefinition],
  ['tasks', taskDefinition],
  ['tools', toolDefinition],
  ['personas', personaDefinition],
]);

/** Of a task: what is judged by how it stands, or logged. */
const JUDGED: ReadonlySet<string> = new Set([STATUS_FIELD, RESULT_FIELD, ...PLAN_FIELDS]);

export interface ExpectedChange {
  /** `tasks` */
  readonly part: string;
  /** The method: `update`, `archive`. */
  readonly name: string;
  readonly args: readonly unknown[];
  /** The record as whoever changes it saw it last. */
  readonly seen: RecordView;
  readonly agent: AgentId;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The record that a change will give where nobody else changes it, made from what is known of it, for whoever
 * promises the change before the replica has seen it. It writes no more than the fields it names, so that doing it twice
 * is doing it once. Its time is that of the promise; members of a set may be in another order.
 * @returns undefined where only the replica can judge: a task's state, result and plan, a change with a reason, a long
 *   one, and what is neither `update` nor `archive`
 * @throws MnemeshError `bad_input`, `write_once`, as the change would
 */
export function expectedChange(change: ExpectedChange): RecordView | undefined {
  const { part, name, args, seen, agent, now } = change;
  const definition = parts.get(part);
  if (definition === undefined) return undefined;
  const written = writtenBy(definition, name, args);
  if (written === undefined) return undefined;
  const fields: Record<string, unknown> = { ...seen };
  for (const [field, value] of written) {
    const [own = '', ...key] = field.split(MEMBER_SIGN);
    const set = definition.sets.get(own);
    if (set !== undefined) fields[own] = withMember(set, fields[own], key.join(MEMBER_SIGN), value);
    else if (value === null) delete fields[field];
    else fields[field] = value;
  }
  const named = new Set(written.map(([field]) => field));
  return {
    ...(fields as unknown as RecordView),
    updatedAt: clockIso(new HybridClock(() => now).tick()),
    updatedBy: agent,
    conflicts: seen.conflicts.filter(({ field }) => !named.has(field)),
  };
}

/** The fields that a change writes, as their envelopes name them: each member of a set is one. */
export function changedFields(
  part: string,
  name: string,
  args: readonly unknown[],
): readonly string[] {
  const definition = parts.get(part);
  const written = definition === undefined ? undefined : writtenBy(definition, name, args);
  return (written ?? []).map(([field]) => field);
}

function writtenBy(
  definition: CollectionDefinition,
  name: string,
  args: readonly unknown[],
): readonly (readonly [field: string, value: Json])[] | undefined {
  if (name === 'archive') return [[ARCHIVED_FIELD, args[1] !== false]];
  if (name !== 'update' || args.length > 2) return undefined;
  const [, patch] = args;
  if (typeof patch !== 'object' || patch === null)
    throw new MnemeshError('bad_input', 'What is to be changed is no object.');
  const given = patch as Readonly<Record<string, unknown>>;
  if (definition === memoryDefinition) checkValidity(given);
  const written = patchValues(definition, given);
  if (definition === taskDefinition && Object.keys(given).some((field) => JUDGED.has(field)))
    return undefined;
  return JSON.stringify(written).length > EXPECTED_CHARS ? undefined : written;
}

function withMember(
  { key }: SetField,
  members: unknown,
  changed: string,
  value: Json,
): readonly Json[] {
  const known = (Array.isArray(members) ? members : []) as readonly Json[];
  const others = known.filter((member) => key(member as never) !== changed);
  if (value === null) return others;
  return others.length === known.length
    ? [...known, value]
    : known.map((member) => (key(member as never) === changed ? value : member));
}
