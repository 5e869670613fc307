import type { Signatures } from '@mnemesh/protocol';

/** Verdicts kept. One world has some hundred; beyond this they are worked out again. */
export const VERDICTS_KEPT = 10_000;

/**
 * Signatures that check the same bytes once. All replicas of a world live in one process and check the
 * same commits, and a verdict follows from key, digest and signature alone. What was signed here is
 * checked like any other; signing is not remembered.
 */
export function rememberedSignatures(signatures: Signatures): Signatures {
  const verdicts = new Map<string, Promise<boolean>>();
  return {
    sign: (seed, digest) => signatures.sign(seed, digest),
    publicKey: (seed) => signatures.publicKey(seed),
    verify: (key, digest, signature) => {
      const name = nameOf([key, digest, signature]);
      const known = verdicts.get(name);
      if (known !== undefined) return known;
      if (verdicts.size >= VERDICTS_KEPT) verdicts.clear();
      const verdict = signatures.verify(key, digest, signature);
      verdicts.set(name, verdict);
      return verdict;
    },
  };
}

/** Every byte, and where each part ends. */
function nameOf(parts: readonly Uint8Array[]): string {
  const ends = parts.map(({ length }) => length).join(' ');
  return `${ends} ${Buffer.concat(parts).toString('latin1')}`;
}
