/** What a hook knows of what was asked. The same object as long as nothing of it changed. */
export interface Answer<T> {
  /** Undefined until the first answer is here. */
  readonly data: T | undefined;
  /** Why the latest question got no answer: a `MnemeshError` with its `code` where the mesh refused it. */
  readonly error: Error | undefined;
  /** `data` answers the question before this one, whose answer is on its way. */
  readonly isStale: boolean;
}

/** Asked, and not answered yet. */
export const notYet: Answer<never> = { data: undefined, error: undefined, isStale: false };

/** There is no question. */
export const notAsked: Answer<never> = { data: undefined, error: undefined, isStale: false };

/**
 * The later of two answers, with everything that did not change as the objects of the earlier one: rows
 * that are memoized by their record are not rendered again. Both are plain JSON.
 */
export function keepSame<T>(earlier: T | undefined, later: T): T {
  if (earlier === undefined) return later;
  if (!Array.isArray(earlier) || !Array.isArray(later))
    return JSON.stringify(earlier) === JSON.stringify(later) ? earlier : later;
  const known = new Map(earlier.map((one) => [JSON.stringify(one), one]));
  const merged = later.map((one) => known.get(JSON.stringify(one)) ?? one);
  const isSame = merged.length === earlier.length && merged.every((one, n) => one === earlier[n]);
  return isSame ? earlier : (merged as T);
}
