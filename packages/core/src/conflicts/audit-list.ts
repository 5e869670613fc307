import { parseNamespace } from '@mnemesh/protocol';
import { parseLimit } from '../collections/page-limit.js';
import type { StoredRecord } from '../ports/index.js';
import type { AuditedValue } from '../records/audit.js';
import type { StoredView } from '../records/projection.js';
import type { Replica } from '../replica/replica.js';
import type {
  AuditDecision,
  AuditQuery,
  AuditRecord,
  AuditSide,
  AuditTrail,
  Conflict,
} from './conflict.js';
import { ConflictFinder } from './found-conflicts.js';

const MOST = 1_000;

/**
 * Audit records, put together from where they lie: a decision is a field of the record it was made in, and
 * what a policy settles follows from the values while they stand. One id, one audit record.
 */
export class AuditList implements AuditTrail {
  readonly #replica: Replica;
  readonly #finder: ConflictFinder;

  constructor(replica: Replica) {
    this.#replica = replica;
    this.#finder = new ConflictFinder(replica);
  }

  async list(query: AuditQuery = {}): Promise<readonly AuditRecord[]> {
    this.#replica.refuseWhenClosed();
    const namespaces = query.namespaces?.map(parseNamespace);
    const within = namespaces === undefined ? {} : { namespaces };
    const { id, record } = query;
    const limit = parseLimit(query.limit, MOST);
    const refersTo = { kind: 'audit', ...(id === undefined ? {} : { target: id }) } as const;
    const records = await this.#replica.store.query({
      ...within,
      refersTo,
      archived: 'any',
      limit: MOST,
    });
    const found = [
      ...records.flatMap((one) => this.#persisted(one)),
      ...records
        .flatMap((one) => this.#finder.ofRecord(one))
        .flatMap(({ conflict }) => (conflict.open ? [] : [settledByPolicy(conflict)])),
      ...(await this.#finder.find({ ...query, kind: 'topic', open: 'any' }, MOST)).flatMap(
        ({ conflict }) => (conflict.open ? [] : [settledByPolicy(conflict)]),
      ),
    ];
    return merged(found)
      .filter((audit) => id === undefined || audit.id === id)
      .filter((audit) => record === undefined || concerns(audit, record))
      .sort((a, b) => compareLatest(a, b))
      .slice(0, limit);
  }

  #persisted(record: StoredRecord): readonly AuditRecord[] {
    const { audits = [] } = JSON.parse(record.view) as StoredView;
    const { namespace, id: carrier } = record;
    return audits.map(({ id, field, topic, values, decisions }) => ({
      id,
      kind: field === undefined ? 'topic' : 'field',
      namespace,
      ...(field === undefined ? { topic: topic ?? '' } : { record: carrier, field }),
      values: values.map((value) => this.#side(value)),
      decisions: decisions.map(({ agent, at, chosen, reason }) => ({
        why: this.#replica.rules.kindOf(agent),
        agent,
        at,
        ...(field === undefined ? { record: carrier } : { chosen: chosen ?? null }),
        ...(reason === undefined ? {} : { reason }),
      })),
    }));
  }

  #side({ version, agent, at, value, record }: AuditedValue): AuditSide {
    return {
      version,
      agent,
      authorKind: this.#replica.rules.kindOf(agent),
      at,
      ...(value === undefined ? {} : { value }),
      ...(record === undefined ? {} : { record }),
    };
  }
}

function settledByPolicy({
  id,
  kind,
  namespace,
  record,
  field,
  topic,
  values,
  policy,
}: Conflict): AuditRecord {
  const [shown] = values;
  const decision: AuditDecision =
    shown.record === undefined
      ? { why: 'policy', policy, chosen: shown.value }
      : { why: 'policy', policy, record: shown.record };
  return {
    id,
    kind,
    namespace,
    ...(record === undefined ? {} : { record }),
    ...(field === undefined ? {} : { field }),
    ...(topic === undefined ? {} : { topic }),
    // Whoever reads an audit record finds an item's content, or that it was forgotten, under its id.
    values: values.map(({ value, ...side }) =>
      side.record === undefined ? { ...side, value } : side,
    ),
    decisions: [decision],
  };
}

/** Replicas that decide apart write under one id: every decision stays. */
function merged(found: readonly AuditRecord[]): AuditRecord[] {
  const byId = new Map<string, AuditRecord>();
  for (const audit of found) {
    const key = `${audit.namespace} ${audit.id}`;
    const known = byId.get(key);
    byId.set(
      key,
      known === undefined
        ? audit
        : { ...known, decisions: [...known.decisions, ...audit.decisions] },
    );
  }
  return [...byId.values()].map((audit) => ({
    ...audit,
    decisions: [...audit.decisions].sort(compareDecisions),
  }));
}

/** A policy's decision has no moment: it holds from the first. */
function compareDecisions(a: AuditDecision, b: AuditDecision): number {
  const [one, other] = [a.at ?? '', b.at ?? ''];
  if (one !== other) return one < other ? -1 : 1;
  return (a.agent ?? '') < (b.agent ?? '') ? -1 : 1;
}

function concerns(audit: AuditRecord, id: string): boolean {
  return audit.record === id || audit.values.some(({ record }) => record === id);
}

function latest({ values, decisions }: AuditRecord): string {
  return [...values, ...decisions].reduce((newest, { at = '' }) => (at > newest ? at : newest), '');
}

function compareLatest(a: AuditRecord, b: AuditRecord): number {
  const [one, other] = [latest(a), latest(b)];
  if (one !== other) return one < other ? 1 : -1;
  return a.id < b.id ? -1 : 1;
}
