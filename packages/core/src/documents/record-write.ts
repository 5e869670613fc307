import {
  type Commit,
  type Context,
  encodeCommit,
  encodeCommitElement,
  encodedCommitDigest,
  encodeEnvelope,
  encodeEnvelopeElement,
  envelopeVersion,
  fromHex,
  limits,
  MnemeshError,
  type Namespace,
  type RecordId,
  type Runtime,
  type SessionId,
  type Signatures,
} from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import type { Session } from '../session.js';

/** One change to one field of a record, ready to become an envelope. */
export interface FieldWrite {
  readonly field: string;
  readonly context: Context;
  readonly data: Uint8Array;
}

/** All that one call writes of one record. */
export interface RecordWrite {
  readonly session: Session;
  readonly namespace: Namespace;
  readonly id: RecordId;
  readonly fields: readonly FieldWrite[];
  /**
   * Makes more fields out of the record as it stands when the write's turn has come. What it throws
   * refuses the write; a write without any field changes nothing.
   */
  readonly decide?: (standing: readonly VerifiedEnvelope[]) => readonly FieldWrite[];
  /** `new` leaves an existing record as it is; `existing` refuses where there is none. */
  readonly expects: 'new' | 'existing';
  /** Why, for the audit record of a conflict that this settles. */
  readonly reason?: string;
}

/** A signed commit with its envelopes, and the elements that carry them. */
export interface AuthoredCommit {
  readonly envelopes: readonly VerifiedEnvelope[];
  readonly elements: readonly Uint8Array[];
}

/** @throws MnemeshError `too_large`, before anything is signed */
export function checkSize({ fields }: Pick<RecordWrite, 'fields'>): void {
  for (const { field, data } of fields) {
    if (data.length > limits.dataBytes) {
      throw new MnemeshError(
        'too_large',
        `"${field || 'record'}" takes ${data.length} bytes; at most ${limits.dataBytes} fit. Split it.`,
      );
    }
    if (field.length * 3 > limits.fieldBytes)
      throw new MnemeshError('too_large', `The name "${field.slice(0, 40)}…" is too long.`);
  }
}

/** Signs writes of one segment: one commit an agent, session and batch, a field at most once in each. */
export async function authorCommits(
  writes: readonly RecordWrite[],
  segmentContext: Uint8Array,
  runtime: Runtime,
  signatures: Signatures,
): Promise<readonly AuthoredCommit[]> {
  const commits: AuthoredCommit[] = [];
  for (const batch of batches(writes))
    commits.push(await authorCommit(batch, segmentContext, runtime, signatures));
  return commits;
}

async function authorCommit(
  { session, entries }: Batch,
  segmentContext: Uint8Array,
  runtime: Runtime,
  signatures: Signatures,
): Promise<AuthoredCommit> {
  const { id: agent, seed } = session.agent;
  const agentKey = fromHex(agent);
  const clock = session.tick();
  const bodies = entries.map(({ namespace, id, write }) => {
    const { field, data } = write;
    const context = new Map([...write.context, ...session.ownContext(namespace, id, field)]);
    session.wrote(namespace, id, field, clock);
    const bytes = encodeEnvelope({ nonce: runtime.randomBytes(16), id, field, context, data });
    return {
      id,
      field,
      context,
      data,
      bytes,
      version: envelopeVersion(segmentContext, agentKey, bytes),
    };
  });
  const commit: Commit = {
    agent,
    writer: session.writer,
    session: session.id,
    clock,
    versions: bodies.map(({ version }) => version),
  };
  const encoded = encodeCommit(commit);
  const digest = encodedCommitDigest(segmentContext, encoded);
  const signature = await signatures.sign(seed, digest);
  const signed = { commit, encoded, signature, digest };
  const envelopes = bodies.map((body) => ({ ...body, agent, session: session.id, clock, signed }));
  return {
    envelopes,
    elements: commitElements(
      commit,
      signature,
      bodies.map(({ bytes }) => bytes),
    ),
  };
}

/** The elements that carry a commit and these envelopes of it. */
export function commitElements(
  commit: Commit,
  signature: Uint8Array,
  envelopes: readonly Uint8Array[],
): readonly Uint8Array[] {
  if (commit.versions.length === 1) return [encodeCommitElement(commit, signature, envelopes[0])];
  return [
    encodeCommitElement(commit, signature, undefined),
    ...envelopes.map(encodeEnvelopeElement),
  ];
}

interface Batch {
  readonly session: Session;
  readonly entries: {
    readonly namespace: Namespace;
    readonly id: RecordId;
    readonly write: FieldWrite;
  }[];
}

/** Sessions may write in turn: what one of them wrote still shares its commits, by whichever of its calls. */
function batches(writes: readonly RecordWrite[]): readonly Batch[] {
  const batches: Batch[] = [];
  const open = new Map<SessionId, { readonly batch: Batch; readonly taken: Set<string> }>();
  for (const { session, namespace, id, fields } of writes) {
    for (const write of fields) {
      const name = `${id}\n${write.field}`;
      let current = open.get(session.id);
      const isFull = (current?.batch.entries.length ?? 0) >= limits.commitVersions;
      if (current === undefined || isFull || current.taken.has(name)) {
        current = { batch: { session, entries: [] }, taken: new Set() };
        open.set(session.id, current);
        batches.push(current.batch);
      }
      current.batch.entries.push({ namespace, id, write });
      current.taken.add(name);
    }
  }
  return batches;
}
