import type { FieldConflict, FieldValue } from '../collections/collection.js';
import { clockIso } from '../hybrid-clock.js';
import type { CausalValue, Resolution } from './policies.js';

/** A field's values as a record shows them. */
export function conflictOf(
  id: string,
  field: string,
  { chosen, others, open }: Resolution,
): FieldConflict {
  const show = ({ causal, value }: CausalValue): FieldValue => ({
    value,
    agent: causal.agent,
    at: clockIso(causal.clock),
    version: causal.version,
  });
  return { id, field, chosen: show(chosen), others: others.map(show), open };
}
