/**
 * Fields of a task's record that its own operations write, beside those of its schema. Each is
 * followed by the name of one claim, completion or event, so that nothing ever replaces another's.
 */
export const taskFields = {
  /** Written once by who claims. */
  claim: 'claims/',
  /** Written by the same agent with every renewal, and with the release. */
  lease: 'leases/',
  /** Written once by who completes. */
  completion: 'completions/',
  /** Written once: the event log. */
  event: 'events/',
} as const;

export const STATUS_FIELD = 'status';
export const RESULT_FIELD = 'result';
export const DEPENDENCIES_FIELD = 'dependencies';

/** Fields that say who may do the work and after what: writing one is logged as a replan. Others are when a reason is given. */
export const PLAN_FIELDS: ReadonlySet<string> = new Set([
  DEPENDENCIES_FIELD,
  'requires',
  'claimMode',
]);

/** The kind of dependency that holds a task back. */
export const BLOCKS = 'blocks';

/** Is this one of the fields above? What is in them is no part of a record's causal context: nothing is to replace it. */
export function isTaskField(field: string): boolean {
  return Object.values(taskFields).some((prefix) => field.startsWith(prefix));
}
