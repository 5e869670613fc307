/** Every bound between a holder and its guests, with its unit and its reason. */
export const holderLimits = {
  /** Bytes of one message of a guest: the longest record a mesh takes (1 MiB), with every byte escaped. */
  requestBytes: 8 * 1024 * 1024,
  /** Bytes of one message of a holder: a list of many long records. Beyond it the guest asks for fewer. */
  answerBytes: 64 * 1024 * 1024,
  /** Guests of one holder at a time. */
  guests: 256,
  /** Requests of one guest that are being worked on; a guest sends no more, and of more the holder reads none. */
  requestsInFlight: 256,
  /** Requests that wait in a guest for their turn. Beyond it the caller must slow down. */
  requestsWaiting: 100_000,
  /** Waits for an ack or a sync that one guest has open at the holder; a guest opens one for each segment. */
  stageWaits: 10_000,
  /** Watchers of one guest. */
  watchers: 1_000,
  /** Bytes sent to a guest that it has not read. From the first on its requests are not read; beyond the second it is let go, and comes back. */
  unreadBytes: 4 * 1024 * 1024,
  droppedBytes: 128 * 1024 * 1024,
  /** Showings after which a guest says how far it has come, though it asks for nothing. */
  unconfirmedShowings: 1_000,
  /** Fields of which a guest remembers what its session was shown; the same as a session itself. */
  shownFields: 200_000,
  /** Records that a guest remembers as it saw them last, to promise changes of them: what a person has before them. */
  seenRecords: 512,
  /** Records of which it remembers what had been shown when a change was promised, until they are given again. */
  seenPromises: 10_000,
  /** Records of which one message brings along what was shown. */
  restoredRecords: 500,
  /** Changes since its opening that a holder can tell once more, to guests that come from one that died. */
  recentChanges: 2_000,
  /** Milliseconds that a write waits for its answer before it is kept as an intent; an answer is mostly faster than the disk. */
  intentMs: 30,
  /** Milliseconds within which whoever connects says hello, and within which it is welcomed. */
  helloMs: 15_000,
  /** Milliseconds in which a process that finds the store taken and no holder there looks again; a damaged store takes long to open. */
  joinMs: 30_000,
  /** Milliseconds after which a guest that found nothing tries anew, though nobody asked it for anything. */
  joinAgainMs: 5_000,
  /** Milliseconds between two looks, at first and at most. */
  lookMs: 10,
  longestLookMs: 250,
  /** Milliseconds between two starts of a holder process by one guest. */
  startAgainMs: 3_000,
  /** Milliseconds in which a holder that closes, or gives a session another channel, waits for what was begun. */
  drainMs: 5_000,
  /** Milliseconds that a holder process stays without a guest. */
  idleMs: 60_000,
} as const;

export type HolderLimits = { readonly [Name in keyof typeof holderLimits]: number };
