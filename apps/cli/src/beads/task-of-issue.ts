import type { ImportedTask, Json, Task } from '@mnemesh/core';
import { importedRecordId } from '@mnemesh/protocol';
import { isArray, isObject, isStorable, type JsonObject, without } from '../imports/json-value.js';
import { dependenciesOf, REF_PREFIX } from './dependencies.js';
import type { BeadsIssue } from './issue.js';
import { extraOf, type Kept } from './kept.js';
import { digestsOf, type MappedFields, scalars, TITLE_CHARS } from './mapped-fields.js';
import { stateOf } from './status-words.js';

export interface MappedIssue {
  readonly fields: MappedFields & { readonly title: string };
  readonly kept: Kept;
}

/** The task for a line, under the id that every replica importing it derives. */
export function importedTask(issue: BeadsIssue): ImportedTask {
  const { fields, kept } = mapIssue(issue);
  const extra = extraOf(kept);
  return { id: taskId(issue), input: { ...fields, ref: refOf(issue.id), extra } };
}

export function refOf(id: string): string {
  return `${REF_PREFIX}${id}`;
}

export function taskId({ id, all }: BeadsIssue): ImportedTask['id'] {
  const dash = id.indexOf('-');
  const prefix = dash > 0 ? id.slice(0, dash) : id;
  return importedRecordId('beads', prefix, id, creationMonth(all.created_at));
}

function creationMonth(createdAt: Json | undefined): string | undefined {
  const time = typeof createdAt === 'string' ? Date.parse(createdAt) : Number.NaN;
  if (Number.isNaN(time)) return undefined;
  const month = new Date(time).toISOString().slice(0, 7);
  return /^\d{4}-\d{2}$/.test(month) ? month : undefined;
}

/** Splits a line into a task's fields and what has to be kept beside them to write the line again. */
export function mapIssue({ title, all }: BeadsIssue): MappedIssue {
  const fields: Record<string, unknown> = { title: shortened(title) };
  const mapped = ['id'];
  for (const { field, source, fits } of scalars) {
    const value = all[source];
    if (value === undefined || !fits(value)) continue;
    fields[field] = value;
    mapped.push(source);
  }

  const word = all.status;
  const hasWord = typeof word === 'string' && isStorable(word);
  fields.status = hasWord ? stateOf(word) : 'submitted';
  if (hasWord) mapped.push('status');

  const labels = all.labels;
  fields.tags = isArray(labels) ? [...new Set(labels.filter(isTag))].sort() : [];
  if (isArray(labels)) mapped.push('labels');

  const list = all.dependencies;
  const { dependencies, unfit } = dependenciesOf(isArray(list) ? list : []);
  fields.dependencies = dependencies;
  if (isArray(list) && list.length > 0) mapped.push('dependencies');

  const comments = commentsOf(all.comments);
  if (comments !== undefined) {
    fields.comments = comments;
    mapped.push('comments');
  }

  const rest = without(all, mapped);
  return {
    fields: fields as MappedIssue['fields'],
    kept: {
      ...(hasWord ? { status: word } : {}),
      ...(Object.keys(rest).length > 0 ? { fields: rest } : {}),
      ...(isArray(labels) ? { labels } : {}),
      ...(unfit.length > 0 ? { dependencies: unfit } : {}),
      imported: digestsOf(fields as MappedFields),
    },
  };
}

function shortened(title: string): string {
  const whole = isStorable(title) ? title : title.replace(/[\ud800-\udfff]/g, '\ufffd');
  return whole.length > TITLE_CHARS ? `${whole.slice(0, TITLE_CHARS - 2)}…` : whole;
}

/** Characters of a tag. */
const TAG_CHARS = 100;

/** A label that a task can carry as a tag. */
export function isTag(label: Json): label is string {
  return (
    typeof label === 'string' && label !== '' && label.length <= TAG_CHARS && isStorable(label)
  );
}

function commentsOf(comments: Json | undefined): Task['comments'] | undefined {
  if (!isArray(comments)) return undefined;
  const mapped = comments.map((comment) => {
    if (!isObject(comment) || !isStorable(comment)) return undefined;
    const { author, text, created_at: at } = comment;
    if (typeof author !== 'string' || typeof text !== 'string' || typeof at !== 'string') {
      return undefined;
    }
    const extra = without(comment, ['author', 'text', 'created_at']) as JsonObject;
    return { author, text, at, extra: extra as Record<string, never> };
  });
  const fit = mapped.filter((comment) => comment !== undefined);
  return fit.length === comments.length ? fit : undefined;
}
