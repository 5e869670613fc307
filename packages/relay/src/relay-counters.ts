/** What a relay has met since it started. */
export interface RelayCounters {
  readonly linksAccepted: number;
  readonly unknownFrames: number;
  readonly badFrames: number;
  /** Frames of a known type that a relay has no use for. */
  readonly unexpectedFrames: number;
  readonly pushes: number;
  /** Pushes that held nothing new. */
  readonly repeatedPushes: number;
  readonly forwards: number;
  readonly gaps: number;
  readonly denied: number;
  readonly commits: number;
  readonly failedCommits: number;
  readonly forkedStores: number;
  readonly slowPeers: number;
  readonly silentPeers: number;
  readonly droppedPresence: number;
  /** Signaling messages that came too fast, or for a link that was behind. */
  readonly droppedSignals: number;
  readonly folds: number;
  /** Envelopes that compaction put back because they were deleted without tombstone or successor. */
  readonly putBack: number;
}

export type MutableCounters = { -readonly [Name in keyof RelayCounters]: number };

export function newCounters(): MutableCounters {
  return {
    linksAccepted: 0,
    unknownFrames: 0,
    badFrames: 0,
    unexpectedFrames: 0,
    pushes: 0,
    repeatedPushes: 0,
    forwards: 0,
    gaps: 0,
    denied: 0,
    commits: 0,
    failedCommits: 0,
    forkedStores: 0,
    slowPeers: 0,
    silentPeers: 0,
    droppedPresence: 0,
    droppedSignals: 0,
    folds: 0,
    putBack: 0,
  };
}
