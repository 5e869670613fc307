/** Bounds of the sync engine. Each says what happens beyond it. */
export const syncLimits = {
  /** Bytes of frames received and not yet handled, per link. Beyond it the link closes; the cursor resumes it. */
  inboxBytes: 256 * 1024 * 1024,
  /** Bytes handed to a link and not sent. Beyond it pushes wait. */
  outboxBytes: 4 * 1024 * 1024,
  /** Bytes handed to a link and not sent. Beyond it presence is not told over it until the next sign of life. */
  presenceBehindBytes: 64 * 1024,
  /** How long pushes wait for a full link. */
  fullLinkWaitMs: 50,
  /** Others' writes are pushed after this delay: usually the other end forwards them first. */
  foreignDelayMs: 60,
  /** What is written to a batched namespace within this time goes out together. */
  batchedMs: 30_000,
  /** The longest that a namespace may keep what is written to it from going out: a day. */
  cadenceMs: 24 * 3_600_000,
  /** Documents whose state is asked for at once: their answers may each be megabytes. */
  statesInFlight: 8,
  /** Nothing was sent for this long: a ping is. */
  pingAfterMs: 15_000,
  /** Nothing was received for this long: the link is dead. */
  silentAfterMs: 45_000,
  /** A peer must have said who it is by then. The link closes, and is tried again. */
  handshakeMs: 10_000,
  /** A peer must have said what it holds by then, for which it reads the states of all its documents. Likewise. */
  comparisonMs: 90_000,
  /** A push refused as a gap this often in a row: the document is compared by state instead. */
  gapsInRow: 3,
  /** Between asking again for a document that another end could not complete. */
  stateRetryMs: 5_000,
  /** Resumes in a row that died after something had come. The next link starts from the catalog, which goes on by segment. */
  interruptedResumes: 2,
  /** A strict claim that was not answered by then counts as refused. */
  claimAnswerMs: 10_000,
  /** Strict claims that one link waits for. Beyond it the next is refused. */
  claimsWaiting: 1_000,
} as const;
