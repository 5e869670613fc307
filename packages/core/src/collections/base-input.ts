import { encodeUtf8 } from 'lib0/string';
import type { BaseData } from '../records/base-data.js';
import { canonicalJson } from '../records/canonical-json.js';
import type { Json } from './collection.js';
import { type CollectionDefinition, parse, parseMembers, refuseUnknown } from './schema.js';

/** What a creation's input says, as it is stored. @throws MnemeshError `bad_input` */
export function baseData(definition: CollectionDefinition, input: object): Uint8Array {
  const given = input as Readonly<Record<string, unknown>>;
  refuseUnknown(definition, given);
  const values: Record<string, Json> = {};
  for (const [name, schema] of definition.values) {
    const value = parse(schema, given[name], name) as Json | undefined;
    if (value !== undefined) values[name] = value;
  }
  for (const [name, set] of definition.sets) {
    const members = [...parseMembers(set, name, given[name]).values()];
    if (members.length > 0) values[name] = members;
  }
  const base: BaseData = { collection: definition.name, values };
  return encodeUtf8(canonicalJson(base as unknown as Json));
}
