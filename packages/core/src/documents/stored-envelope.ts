import {
  commitDigest,
  concatBytes,
  decodeCommit,
  decodeEnvelope,
  encodeCommit,
  type Guid,
  type Namespace,
} from '@mnemesh/protocol';
import type { SignedCommit, VerifiedEnvelope } from '@mnemesh/segment';
import type { StoredEnvelope } from '../ports/index.js';

/** The form in which the record store keeps a verified envelope. */
export function storeEnvelope(
  namespace: Namespace,
  guid: Guid,
  envelope: VerifiedEnvelope,
): StoredEnvelope {
  return {
    guid,
    namespace,
    id: envelope.id,
    version: envelope.version,
    field: envelope.field,
    agent: envelope.agent,
    session: envelope.session,
    clock: envelope.clock,
    envelope: envelope.bytes,
    commit: signedCommitBytes(envelope.signed),
  };
}

/** Back from the record store, which is trusted: it only ever took what was verified. */
export function loadEnvelope(segmentContext: Uint8Array, stored: StoredEnvelope): VerifiedEnvelope {
  const { id, field, context, data } = decodeEnvelope(stored.envelope);
  const { commit, signature } = decodeCommit(stored.commit);
  return {
    version: stored.version,
    agent: stored.agent,
    session: stored.session,
    clock: stored.clock,
    id,
    field,
    context,
    data,
    bytes: stored.envelope,
    signed: { commit, signature, digest: commitDigest(segmentContext, commit) },
  };
}

export function signedCommitBytes({
  commit,
  signature,
}: Pick<SignedCommit, 'commit' | 'signature'>): Uint8Array {
  return concatBytes([encodeCommit(commit), signature]);
}
