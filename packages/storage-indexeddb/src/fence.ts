import type { Put } from './schema.js';

/**
 * Generations whose marks are kept. A page that was stopped, and goes on after so many others have had the
 * store, is not fenced any more; a mark takes a few bytes.
 */
const MARKS_KEPT = 1_000;

/**
 * Every opening of a store has a generation, which is its counter, and leaves a mark of it. Whoever writes sets
 * the mark of the next generation and takes it back, unread: where that one has been taken, the mark is there,
 * and the whole transaction fails. So a page that was stopped, lost the store and goes on cannot write beside
 * the page that has it now, though nothing has told it yet.
 */
export function passFence(generation: number, stopped: () => void): Put {
  return (stores) => {
    const fence = stores('fence');
    whenThere(fence.add(0, generation + 1), stopped);
    fence.delete(generation + 1);
  };
}

/** Takes a generation: whoever has an earlier one writes no more. Fails when somebody has taken it. */
export function takeGeneration(generation: number, taken: () => void): Put {
  return (stores) => {
    const fence = stores('fence');
    whenThere(fence.add(0, generation), taken);
    fence.delete(IDBKeyRange.upperBound(generation - MARKS_KEPT));
  };
}

/**
 * Ends every copy that was begun before this generation was taken: it has none of the marks that lie in what it
 * was made of, so it gets all that are kept.
 */
export function endCopies(generation: number): Put {
  return (stores) => {
    const fence = stores('fence');
    for (let one = Math.max(1, generation - MARKS_KEPT + 1); one <= generation; one++)
      fence.put(0, one);
  };
}

/** A request fails as well when its transaction fails for another reason. */
function whenThere(adding: IDBRequest, run: () => void): void {
  adding.onerror = () => {
    if (adding.error?.name === 'ConstraintError') run();
  };
}
