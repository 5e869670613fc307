/**
 * Delay before the n-th attempt to reconnect: doubles from `firstMs` to `capMs`, with full jitter
 * ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015), so that the replicas of a
 * restarted relay do not return in one herd.
 * @param attempt 0 for the first retry
 * @param fraction random, in [0, 1)
 */
export function backoffDelay(
  attempt: number,
  fraction: number,
  bounds: { readonly firstMs: number; readonly capMs: number } = { firstMs: 200, capMs: 15_000 },
): number {
  const ceiling = Math.min(bounds.capMs, bounds.firstMs * 2 ** Math.min(attempt, 30));
  return Math.floor(ceiling * fraction);
}
