/** Bounds of what is loaded, logged and put into one segment. Tests lower them to meet every case soon. */
export interface SegmentLimits {
  /** Logged updates after which the log is folded into a snapshot: bounds what an opening replays. */
  readonly loggedUpdates: number;
  /**
   * Records and bytes beyond which a segment takes no fresh records. They bound what the first write
   * after an opening has to load: about 0.2 ms a record, most of it hashes.
   */
  readonly records: number;
  readonly bytes: number;
  /** Loaded segments kept when nobody uses them: the working set, not the history. */
  readonly loaded: number;
  /** Milliseconds. A sweep waits between one and two times this long, so that one replica does it and the others see it done. */
  readonly sweepDelayMs: number;
}

export const segmentLimits: SegmentLimits = {
  loggedUpdates: 200,
  records: 1_000,
  bytes: 512 * 1024,
  loaded: 64,
  sweepDelayMs: 2_000,
};
