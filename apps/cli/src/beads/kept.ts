import { canonicalJson, type Json, type Task } from '@mnemesh/core';
import { isObject, isStorable, type JsonObject } from '../imports/json-value.js';

/** What a task carries in `extra.beads`, besides its own fields, so that its line can be written again. */
export interface Kept {
  /** The tracker's own word for the status. */
  readonly status?: string;
  /** Fields that a task has no place for, or that do not fit theirs, as they stood in the line. */
  readonly fields?: JsonObject;
  /** The labels as they stood: tags are a set, labels a list. */
  readonly labels?: readonly Json[];
  /** Members of the dependencies that do not fit, and where they stood. */
  readonly dependencies?: readonly Json[];
  /** Fields that an earlier import had and a later one no longer has. */
  readonly absent?: readonly string[];
  /** Digests of the task's fields as imported: a field that differs was edited since. */
  readonly imported: { readonly [field: string]: string };
}

type Stored = Omit<Kept, 'status' | 'imported' | 'absent'>;

/** Puts `kept` where a task carries it. What a record cannot hold as it is travels as JSON text. */
export function extraOf({ status, imported, absent, ...stored }: Kept): JsonObject {
  const plain = stored as JsonObject;
  const rest = isStorable(plain) ? plain : { text: canonicalJson(plain) };
  return {
    beads: {
      ...(status === undefined ? {} : { status }),
      ...(absent === undefined ? {} : { absent }),
      ...rest,
      imported,
    },
  };
}

/** Undefined for a task that no import brought in. */
export function keptOf(task: Pick<Task, 'extra'>): Kept | undefined {
  const beads = task.extra?.beads;
  if (!isObject(beads) || !isObject(beads.imported)) return undefined;
  const { text, ...plain } = beads;
  if (typeof text !== 'string') return plain as unknown as Kept;
  const stored = JSON.parse(text) as Stored;
  return { ...(plain as unknown as Kept), ...stored };
}
