import { MnemeshError } from '@mnemesh/protocol';
import { isObject, isStorable, type JsonObject } from '../imports/json-value.js';
import { readJson } from '../imports/read-json.js';

/** One line of a beads file: a task as that tracker writes it. */
export interface BeadsIssue {
  readonly id: string;
  readonly title: string;
  readonly all: JsonObject;
}

/** Characters of an id; a reference to it must fit a record's `ref`. */
const ID_CHARS = 190;

/** @throws MnemeshError `bad_input` telling what is wrong with the line */
export function parseIssue(line: string): BeadsIssue {
  const all = readJson(line);
  if (!isObject(all)) throw bad('is no JSON object');
  const { id, title } = all;
  if (typeof id !== 'string' || id === '') throw bad('has no "id"');
  if (id.length > ID_CHARS) throw bad(`has an "id" of more than ${ID_CHARS} characters`);
  if (!isStorable(id)) throw bad('has an "id" that is no valid Unicode');
  if (typeof title !== 'string' || title === '') throw bad('has no "title"');
  return { id, title, all };
}

function bad(what: string): MnemeshError {
  return new MnemeshError('bad_input', `The record ${what}.`);
}
