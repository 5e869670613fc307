import type { Signatures } from '@mnemesh/protocol';

/** What signing and verifying took, so that its share of a figure can be shown. */
export interface SignatureCost {
  readonly signed: number;
  readonly signMs: number;
  readonly verified: number;
  readonly verifyMs: number;
}

/** The same signatures, counted and timed. Node's work while called, so the time is the processor's. */
export function timedSignatures(signatures: Signatures): Signatures & { cost(): SignatureCost } {
  const cost = { signed: 0, signMs: 0, verified: 0, verifyMs: 0 };
  return {
    publicKey: (seed) => signatures.publicKey(seed),
    sign: (seed, digest) => {
      const from = performance.now();
      const signature = signatures.sign(seed, digest);
      cost.signMs += performance.now() - from;
      cost.signed++;
      return signature;
    },
    verify: (key, digest, signature) => {
      const from = performance.now();
      const verdict = signatures.verify(key, digest, signature);
      cost.verifyMs += performance.now() - from;
      cost.verified++;
      return verdict;
    },
    cost: () => ({ ...cost }),
  };
}
