import {
  type AgentId,
  BASE_FIELD,
  type Context,
  type RecordId,
  TOMBSTONE_FIELD,
  type Version,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { encodeUtf8 } from 'lib0/string';
import type { Json } from '../collections/collection.js';
import type { FieldWrite, RecordWrite } from '../documents/record-write.js';
import { clockIso } from '../hybrid-clock.js';
import { MEMBER_SIGN, readBase } from './base-data.js';
import { canonicalJson } from './canonical-json.js';
import { baseValueVersion, conflictId } from './conflict-id.js';
import { readData } from './read-data.js';

/** What settled a conflict is a field of the record that it was settled in: `audit/<conflict>`. Forgetting the record takes it along. */
const AUDIT_PREFIX = `audit${MEMBER_SIGN}`;
/** Characters of a value that an audit record keeps: whole, but for long texts. It is read with its record each time. */
const VALUE_CHARS = 4_000;
/** Characters of all its values together; of very many each is kept as far as one can know it by. */
const VALUES_CHARS = 40_000;
const LEAST_CHARS = 500;
/** Settled conflicts that a record's view lists, the latest first. All of them stay in its segment. */
const AUDITS_SHOWN = 100;

/** One side of a conflict. */
export interface AuditedValue {
  readonly version: Version;
  readonly agent: AgentId;
  readonly at: string;
  /** Of a field; a long one is cut. */
  readonly value?: Json;
  /** The item of a topic. */
  readonly record?: RecordId;
}

/** What is stored of one decision. Who made it, and when, its envelope says. */
export interface AuditData {
  readonly field?: string;
  readonly topic?: string;
  readonly values: readonly AuditedValue[];
  /** The value that took their place; of a topic, nothing: the record that holds this did. */
  readonly chosen?: Json;
  /** In the words of who decided. */
  readonly reason?: string;
}

/** As a record's view lists it: every decision that was made of one conflict. */
export interface StoredAudit {
  readonly id: string;
  readonly field?: string;
  readonly topic?: string;
  readonly values: readonly AuditedValue[];
  readonly decisions: readonly {
    readonly agent: AgentId;
    readonly at: string;
    readonly chosen?: Json;
    readonly reason?: string;
  }[];
}

export function isAuditField(field: string): boolean {
  return field.startsWith(AUDIT_PREFIX);
}

export function auditWrite(id: string, data: AuditData): FieldWrite {
  return {
    field: AUDIT_PREFIX + id,
    context: new Map(),
    data: encodeUtf8(canonicalJson(data as unknown as Json)),
  };
}

/** The audit records of the conflicts that a write settles: those whose values it replaces in knowledge of them. */
export function auditsOf(
  { session, namespace, id, fields, reason }: RecordWrite,
  standing: readonly VerifiedEnvelope[],
): readonly FieldWrite[] {
  // Where nothing was written twice there is nothing to settle: the common case.
  if (standing.length < 2) return [];
  return fields.flatMap(({ field, context, data }) => {
    if (field === BASE_FIELD || field === TOMBSTONE_FIELD || field.includes(MEMBER_SIGN)) return [];
    const known = new Map([...context, ...session.ownContext(namespace, id, field)]);
    const values = replacedValues(field, known, standing);
    if (new Set(values.map(({ text }) => text)).size < 2) return [];
    const each = Math.floor(VALUES_CHARS / (values.length + 1));
    const most = Math.max(LEAST_CHARS, Math.min(VALUE_CHARS, each));
    const audit: AuditData = {
      field,
      values: values.map(({ envelope, text }) => ({
        version: envelope.version,
        agent: envelope.agent,
        at: clockIso(envelope.clock),
        value: cut(text, most),
      })),
      chosen: cut(canonicalJson(readData(data)), most),
      ...(reason === undefined ? {} : { reason }),
    };
    return [auditWrite(conflictId(values.map(({ name }) => name)), audit)];
  });
}

interface ReplacedValue {
  readonly envelope: VerifiedEnvelope;
  readonly name: string;
  readonly text: string;
}

function replacedValues(
  field: string,
  known: Context,
  standing: readonly VerifiedEnvelope[],
): readonly ReplacedValue[] {
  const written = standing.filter((envelope) => envelope.field === field);
  if (written.length > 0) {
    return written
      .filter(({ session, clock }) => clock <= (known.get(session) ?? -1))
      .map((envelope) => ({
        envelope,
        name: envelope.version,
        text: canonicalJson(readData(envelope.data)),
      }));
  }
  return standing.flatMap((envelope) => {
    const value = envelope.field === BASE_FIELD ? readBase(envelope).values[field] : undefined;
    if (value === undefined) return [];
    const name = baseValueVersion(envelope.version, field);
    return [{ envelope, name, text: canonicalJson(value) }];
  });
}

/** What a record's view says of conflicts that were settled in it. */
export function storedAudits(
  byField: ReadonlyMap<string, readonly VerifiedEnvelope[]>,
): readonly StoredAudit[] {
  const audits: { readonly audit: StoredAudit; readonly clock: number }[] = [];
  for (const [field, envelopes] of byField) {
    if (!isAuditField(field)) continue;
    const ordered = [...envelopes].sort((a, b) => a.clock - b.clock || order(a, b));
    const data = ordered.map((envelope) => readAudit(envelope));
    const [first] = data.filter((one) => one !== undefined);
    if (first === undefined) continue;
    const { chosen: _, reason: __, ...about } = first;
    const decisions = ordered.flatMap(({ agent, clock }, i) => {
      const made = data[i];
      if (made === undefined) return [];
      const { chosen, reason } = made;
      return [
        {
          agent,
          at: clockIso(clock),
          ...(chosen === undefined ? {} : { chosen }),
          ...(reason === undefined ? {} : { reason }),
        },
      ];
    });
    const audit = { id: field.slice(AUDIT_PREFIX.length), ...about, decisions };
    audits.push({ audit, clock: ordered.at(-1)?.clock ?? 0 });
  }
  return audits
    .sort((a, b) => b.clock - a.clock || (a.audit.id < b.audit.id ? -1 : 1))
    .slice(0, AUDITS_SHOWN)
    .map(({ audit }) => audit);
}

/** Undefined for what is no audit record: anybody may write anything into a field. */
function readAudit({ data }: VerifiedEnvelope): AuditData | undefined {
  const read = readData(data) as Partial<AuditData> | null;
  if (typeof read !== 'object' || read === null || !Array.isArray(read.values)) return undefined;
  const values = read.values.filter(
    (one) => typeof one === 'object' && one !== null && typeof one.version === 'string',
  );
  return { ...(read as AuditData), values };
}

function cut(text: string, most: number): Json {
  return text.length > most ? `${text.slice(0, most)}…` : (JSON.parse(text) as Json);
}

function order(a: VerifiedEnvelope, b: VerifiedEnvelope): number {
  return a.version < b.version ? -1 : 1;
}
