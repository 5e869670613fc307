import { MnemeshError } from '@mnemesh/protocol';
import { MEMBER_SIGN } from '../records/base-data.js';
import type { Json } from './collection.js';
import {
  type CollectionDefinition,
  parseMembers,
  parsePatch,
  parseSetChange,
  refuseUnknown,
} from './schema.js';

/**
 * What an update writes, field by field: each member of a set is a field of its own, null where it is removed.
 * @throws MnemeshError `bad_input`, `write_once`
 */
export function patchValues(
  definition: CollectionDefinition,
  patch: Readonly<Record<string, unknown>>,
): readonly (readonly [field: string, value: Json])[] {
  refuseUnknown(definition, patch);
  const written: [string, Json][] = [];
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined) continue;
    if (definition.writeOnce.has(name)) throw writtenOnce(definition, name);
    const set = definition.sets.get(name);
    if (set === undefined) {
      written.push([name, parsePatch(definition, name, value)]);
      continue;
    }
    const { add, remove } = parseSetChange(name, value);
    for (const key of parseMembers(set, name, remove).keys())
      written.push([name + MEMBER_SIGN + key, null]);
    for (const [key, member] of parseMembers(set, name, add))
      written.push([name + MEMBER_SIGN + key, member]);
  }
  if (written.length === 0)
    throw new MnemeshError('bad_input', 'This update changes nothing: name at least one field.');
  return written;
}

function writtenOnce({ name }: CollectionDefinition, field: string): MnemeshError {
  const hint = name === 'memory' ? ' Create an item that supersedes this one instead.' : '';
  return new MnemeshError('write_once', `"${field}" of a ${name} is written once.${hint}`);
}
