/** Bounds of presence, beside those of the wire. Each says what happens beyond it. */
export const presenceLimits = {
  /** Sessions of this replica that are told of. Beyond it a session that says something is refused; others are not told of. */
  ownSessions: 256,
  /** Others' sessions that are remembered, with those that left lately. Beyond it a new one is not taken in. */
  otherSessions: 2_000,
  /** Milliseconds between two signs of life of a session; three may be lost before it counts as gone. */
  beatMs: 14_000,
  /** Milliseconds in which what is to be told gathers. What others said waits as long again at most: usually it is there first. */
  tellDelayMs: 150,
} as const;
