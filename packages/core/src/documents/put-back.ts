import { encodeCommitElement, encodeEnvelopeElement, toHex } from '@mnemesh/protocol';
import type { ElementSet, VerifiedEnvelope } from '@mnemesh/segment';

/** The elements that bring back those of these envelopes that their document lost, with the commits that vouch for them. */
export function putBackElements(
  live: Iterable<VerifiedEnvelope>,
  present: ElementSet,
): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  const commits = new Set<string>();
  for (const envelope of live) {
    if (present.isPresentAs(envelope)) continue;
    const { bytes, signed } = envelope;
    const { commit, signature, digest } = signed;
    if (commit.versions.length === 1) {
      elements.push(encodeCommitElement(commit, signature, bytes));
      continue;
    }
    const key = toHex(digest);
    if (!commits.has(key) && !present.hasCommit(signed))
      elements.push(encodeCommitElement(commit, signature, undefined));
    commits.add(key);
    elements.push(encodeEnvelopeElement(bytes));
  }
  return elements;
}
