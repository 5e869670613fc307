import { canonicalJson } from '../records/canonical-json.js';
import { normalText } from '../records/normal-text.js';
import type { StoredView } from '../records/projection.js';
import type { MemoryInput } from './memory-item.js';

/** What an item may say of itself beside its content and topic. Tags are no statement: they are added. */
const SAID = [
  'kind',
  'importance',
  'validFrom',
  'validTo',
  'pinned',
  'sensitivity',
  'sources',
] as const;

/** Says an item what this input says, as far as the input says it? */
export function saysTheSame(fields: StoredView['fields'], input: MemoryInput): boolean {
  if (normalText(String(fields.content)) !== normalText(input.content)) return false;
  const { topic } = fields;
  if (
    input.topic !== undefined &&
    !(typeof topic === 'string' && normalText(topic) === normalText(String(input.topic)))
  )
    return false;
  return SAID.every(
    (name) =>
      input[name] === undefined || canonicalJson(input[name]) === canonicalJson(fields[name]),
  );
}
