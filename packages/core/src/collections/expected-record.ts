import {
  type AgentId,
  BASE_FIELD,
  type Guid,
  MnemeshError,
  type Namespace,
  type RecordId,
  type SessionId,
  type Version,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import { HybridClock } from '../hybrid-clock.js';
import type { AuthorKind } from '../identity.js';
import { projectRecord, type StoredView } from '../records/projection.js';
import { viewOf } from '../records/shown.js';
import { topicHash } from '../records/topics.js';
import { baseData } from './base-input.js';
import { memoryDefinition } from './memory-item.js';
import { personaDefinition } from './persona.js';
import type { CollectionDefinition } from './schema.js';
import { taskDefinition } from './task.js';
import { toolDefinition } from './tool-state.js';
import { checkValidity } from './validity.js';

/** Bytes of a record that are promised unseen: far below what a commit takes, whatever is added to them. */
const EXPECTED_BYTES = 256 * 1024;

/** Parts of a mesh whose creations follow from their input alone. */
const parts: ReadonlyMap<string, CollectionDefinition> = new Map([
  ['memory', memoryDefinition],
  ['tasks', taskDefinition],
  ['tools', toolDefinition],
  ['personas', personaDefinition],
]);

/** The topic that a creation's input names, by its hash: what is known of it counts for what the creation contradicts. */
export function namedTopic(part: string, namespace: Namespace, input: object): string | undefined {
  const { topic } = input as { readonly topic?: unknown };
  return part === 'memory' && typeof topic === 'string' ? topicHash(namespace, topic) : undefined;
}

export interface ExpectedCreation {
  /** `tasks` */
  readonly part: string;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly input: object;
  readonly agent: { readonly id: AgentId; readonly kind: AuthorKind };
  readonly session: SessionId;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The record that a creation will give, made from its input alone, for whoever promises it before the replica
 * has seen it. Its times are those of the promise.
 * @returns undefined where only the replica can judge: it supersedes others, is long, or is of another part
 * @throws MnemeshError `bad_input`, as the creation would
 */
export function expectedRecord(creation: ExpectedCreation): object | undefined {
  const { part, namespace, id, input, agent, session, now } = creation;
  const definition = parts.get(part);
  if (definition === undefined) return undefined;
  if (typeof input !== 'object' || input === null)
    throw new MnemeshError('bad_input', 'What is to be created is no object.');
  const data = baseData(definition, input);
  const { supersedes } = input as { readonly supersedes?: readonly unknown[] };
  if (data.length > EXPECTED_BYTES || (supersedes ?? []).length > 0) return undefined;
  if (part === 'memory') checkValidity(input);
  const envelope: VerifiedEnvelope = {
    id,
    field: BASE_FIELD,
    data,
    version: '' as Version,
    agent: agent.id,
    session,
    clock: new HybridClock(() => now).tick(),
    context: new Map(),
    bytes: new Uint8Array(),
    signed: undefined as never,
  };
  const place = { namespace, guid: '' as Guid, id };
  const record = projectRecord(
    place,
    [envelope],
    () => definition,
    () => ({ policy: 'merge' }),
  );
  if (record === undefined) return undefined;
  const view = viewOf(record, JSON.parse(record.view) as StoredView);
  return part === 'memory' ? { ...view, authorKind: agent.kind } : view;
}
