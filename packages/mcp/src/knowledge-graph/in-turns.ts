/** Runs `work` for each, so many at a time, and gives the results in the order of `entries`. The first failure ends it. */
export async function inTurns<T, R>(
  entries: readonly T[],
  atOnce: number,
  work: (entry: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let i = 0; i < entries.length; i += atOnce)
    results.push(...(await Promise.all(entries.slice(i, i + atOnce).map(work))));
  return results;
}
