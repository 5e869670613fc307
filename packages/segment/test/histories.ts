import { SegmentDocument } from '@mnemesh/segment';
import fc from 'fast-check';
import { expect } from 'vitest';

export const GUID = 'guid';

export interface Step {
  readonly at: number;
  readonly kind: 'append' | 'delete' | 'both' | 'deliver';
  readonly amount: number;
  readonly from: number;
}

/** What may happen to three replicas of a segment. */
export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    at: fc.nat(2),
    kind: fc.constantFrom('append', 'append', 'delete', 'both', 'deliver', 'deliver'),
    amount: fc.nat(4),
    from: fc.nat(2),
  }),
  { maxLength: 40 },
);

/** Three replicas of one segment after these steps, some updates delivered and some not. */
export function play(script: readonly Step[]): readonly SegmentDocument[] {
  const documents = [0, 1, 2].map((i) => new SegmentDocument(GUID, 1000 + i));
  let next = 0;
  for (const { at, kind, amount, from } of script) {
    const document = documents[at] as SegmentDocument;
    if (kind === 'deliver') {
      const update = (documents[from] as SegmentDocument).missing(document.state);
      if (update !== undefined) expect(document.apply(update).gap).toBe(false);
      continue;
    }
    const append = kind === 'delete' ? [] : Array.from({ length: amount }, () => bytes(next++));
    const held = [...document.elements()].map(({ place }) => place);
    const remove = kind === 'append' ? [] : held.filter((_, i) => i % 5 === amount);
    document.edit(append, remove);
  }
  return documents;
}

export function bytes(number: number): Uint8Array {
  return new TextEncoder().encode(`element ${number}`);
}
