import {
  type Commit,
  concatBytes,
  decodeCommit,
  decodeEnvelope,
  encodedCommitDigest,
  equalBytes,
  type Guid,
  type Namespace,
  SIGNATURE_BYTES,
  toHex,
} from '@mnemesh/protocol';
import type { SignedCommit, VerifiedEnvelope } from '@mnemesh/segment';
import type { StoredEnvelope } from '../ports/index.js';

/** The form in which the record store keeps verified envelopes. Those of one commit share its bytes. */
export function storeEnvelopes(
  namespace: Namespace,
  guid: Guid,
  envelopes: readonly VerifiedEnvelope[],
): readonly StoredEnvelope[] {
  const commits = new Map<Commit, Uint8Array>();
  return envelopes.map(({ id, version, field, agent, session, clock, bytes, signed }) => {
    const commit = commits.get(signed.commit) ?? signedCommitBytes(signed);
    commits.set(signed.commit, commit);
    return { guid, namespace, id, version, field, agent, session, clock, envelope: bytes, commit };
  });
}

/**
 * Back from the record store, which is trusted: it only ever took what was verified.
 * @param present commits of the segment's document. Those that the store vouches for become the ones its envelopes count by, and `trusted`.
 */
export function loadEnvelopes(
  segmentContext: Uint8Array,
  stored: readonly StoredEnvelope[],
  present: Iterable<SignedCommit>,
): { readonly envelopes: readonly VerifiedEnvelope[]; readonly trusted: Iterable<SignedCommit> } {
  const bySignature = new Map<string, SignedCommit>();
  for (const signed of present) bySignature.set(toHex(signed.signature), signed);
  const trusted = new Set<SignedCommit>();
  const load = (bytes: Uint8Array): SignedCommit => {
    const known = bySignature.get(toHex(bytes.subarray(bytes.length - SIGNATURE_BYTES)));
    if (known === undefined || !equalBytes(bytes, signedCommitBytes(known)))
      return loadCommit(segmentContext, bytes);
    trusted.add(known);
    return known;
  };
  const commits = new Map<Uint8Array, SignedCommit>();
  const envelopes = stored.map(({ version, agent, session, clock, envelope, commit }) => {
    const signed = commits.get(commit) ?? load(commit);
    commits.set(commit, signed);
    const { id, field, context, data } = decodeEnvelope(envelope);
    return { version, agent, session, clock, id, field, context, data, bytes: envelope, signed };
  });
  return { envelopes, trusted };
}

function loadCommit(segmentContext: Uint8Array, stored: Uint8Array): SignedCommit {
  const { commit, signature } = decodeCommit(stored);
  const encoded = stored.subarray(0, stored.length - SIGNATURE_BYTES);
  return { commit, encoded, signature, digest: encodedCommitDigest(segmentContext, encoded) };
}

function signedCommitBytes({
  encoded,
  signature,
}: Pick<SignedCommit, 'encoded' | 'signature'>): Uint8Array {
  return concatBytes([encoded, signature]);
}
