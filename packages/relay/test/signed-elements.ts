import {
  type Commit,
  type Context,
  commitDigest,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  envelopeVersion,
  fromHex,
  type RecordId,
  type SessionId,
  segmentContext,
  toHex,
  type WriterId,
} from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { ElementSet, type SegmentDocument } from '@mnemesh/segment';
import type { DocumentName } from '../src/index.js';
import { demo } from './scripted-replica.js';

const seed = new Uint8Array(32).fill(3);
export const session = '0101010101010101' as SessionId;

export interface Value {
  readonly record: string;
  readonly field?: string;
  readonly data: number;
  readonly context?: Context;
}

/** The elements of one signed commit over these values, at this tick of the session's clock. */
export async function signed(
  name: DocumentName,
  clock: number,
  values: readonly Value[],
): Promise<readonly Uint8Array[]> {
  const context = segmentContext(demo, name.namespace, name.segment);
  const key = await nodeSignatures.publicKey(seed);
  const envelopes = values.map(({ record, field = 'status', data, context: shown }) =>
    encodeEnvelope({
      nonce: new Uint8Array(16).fill(data),
      id: record as RecordId,
      field,
      context: shown ?? new Map(),
      data: Uint8Array.of(data),
    }),
  );
  const commit: Commit = {
    agent: toHex(key) as Commit['agent'],
    writer: '0202020202020202' as WriterId,
    session,
    clock,
    versions: envelopes.map((envelope) => envelopeVersion(context, key, envelope)),
  };
  const signature = await nodeSignatures.sign(seed, commitDigest(context, commit));
  if (envelopes.length === 1) return [encodeCommitElement(commit, signature, envelopes[0])];
  return [
    ...envelopes.map(encodeEnvelopeElement),
    encodeCommitElement(commit, signature, undefined),
  ];
}

/** The data of every verified envelope that a document holds, ascending. */
export async function verifiedData(
  name: DocumentName,
  document: SegmentDocument,
): Promise<readonly number[]> {
  const set = new ElementSet(segmentContext(demo, name.namespace, name.segment));
  for (const { place, element } of document.elements()) set.add(place, element);
  for (const commit of set.unverified()) {
    const key = fromHex(commit.commit.agent);
    set.settle(commit, await nodeSignatures.verify(key, commit.digest, commit.signature));
  }
  return set
    .prove(set.versions())
    .map((envelope) => envelope.data[0] as number)
    .sort((a, b) => a - b);
}
