import { PostedMap, type PostedRecord, type Postings } from '@mnemesh/core';

/** Postings as they travel: what is known of each record that they name, written out. */
export type SentPostings = Omit<Postings, 'posted'> & {
  readonly posted: ReadonlyMap<number, PostedRecord>;
};

export function sentPostings({ posted, ...rest }: Postings): SentPostings {
  const slots = new Set(rest.lists.flatMap((list) => [...list.slots]));
  const known = [...slots].map(
    (slot) =>
      [
        slot,
        {
          length: posted.lengthOf(slot),
          created: posted.createdOf(slot),
          thread: posted.threadOf(slot),
          position: posted.positionOf(slot),
          marks: posted.marksOf(slot),
        },
      ] as const,
  );
  return { ...rest, posted: new Map(known) };
}

export function receivedPostings({ posted, ...rest }: SentPostings): Postings {
  return { ...rest, posted: new PostedMap(posted) };
}
