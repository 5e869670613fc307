/** Bounds of forgetting. Scrubs rewrite the whole store, so several share one. */
export const forgettingLimits = {
  /** Milliseconds between a forget of one's own and its scrub: those of one burst share it. */
  ownDelayMs: 100,
  /** Milliseconds between a tombstone's arrival and the scrub. Longer than any sweep waits, which is then seen done. */
  arrivedDelayMs: 5_000,
  /** A scrub failed: the disk had no room, or another process read the file. */
  retryMs: 60_000,
  /** After a scrub the next one waits this many times as long as it took: a twentieth of the time at most. */
  restFactor: 20,
  /** A replica that writes renews when it was last seen, at most this often. */
  seenEveryMs: 12 * 3_600_000,
  /** From the opening to the first look for expired segments, and from one look to the next. */
  firstRetentionMs: 5 * 60_000,
  retentionEveryMs: 6 * 3_600_000,
} as const;
