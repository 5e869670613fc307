import { result } from '@mnemesh/storage-indexeddb';
import type { DocumentPut, DocumentStores } from './document-connection.js';

/** Numbers that one opening of a store gives, at most. */
export const NUMBERS_OF_OPENING = 2 ** 24;
/** What other programs add is moved to numbers from here on, which no opening gives. */
export const FOREIGN_FROM = 2 ** 52;

/** Numbers of this opening are higher than this. */
export function firstOf(generation: number): number {
  return generation * NUMBERS_OF_OPENING;
}

/**
 * Under which keys of `custom` the highest numbers lie that meshes wrote, one for each opening that wrote: a page that
 * was stopped, and has lost the store, cannot lower another's. What has a higher number is another program's.
 */
const MARK = 'mnemesh';

/** Highest number that any mesh wrote; undefined in a database that none wrote to. */
export async function lastOf(stores: DocumentStores): Promise<number | undefined> {
  const marks = IDBKeyRange.bound([MARK], [MARK, []]);
  const numbers = await result<number[]>(stores('custom').getAll(marks));
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}

/** Marks a number as the highest, in place of what earlier openings marked. */
export function putMark(generation: number, last: number): DocumentPut {
  return (stores) => {
    stores('custom').delete(IDBKeyRange.bound([MARK], [MARK, generation], false, true));
    stores('custom').put(last, [MARK, generation]);
  };
}
