/** Every bound of the relay, with its unit and its reason. A test or an operator may lower or raise each. */
export interface RelayLimits {
  /** Links of all meshes together; each costs a socket and some kilobytes. */
  readonly links: number;
  /** Links of one mesh; every push is forwarded to all of them. */
  readonly meshLinks: number;
  /** Meshes held open at a time; idle ones are unloaded. */
  readonly meshes: number;
  /** Documents of one mesh; the index of their heads stays in memory, some 300 bytes each. */
  readonly meshDocuments: number;
  /** Bytes of one document's base and rows; its base must fit one update of the protocol. */
  readonly documentBytes: number;
  /** Encoded bytes of the document states one mesh keeps decoded, besides those in use. */
  readonly cachedStateBytes: number;
  /** Milliseconds the first push of a group waits for company before the commit begins. */
  readonly groupDelayMs: number;
  /** Bytes at which a group is committed without waiting. */
  readonly groupBytes: number;
  /** Bytes one mesh accepts ahead of its log; a link that pushes beyond is closed. */
  readonly pendingBytes: number;
  /** Bytes of one link's frames that wait to be handled; at least one whole message. */
  readonly inboundBytes: number;
  /** Frames of one link that wait to be handled. */
  readonly inboundFrames: number;
  /** Requests for a document's state that one link may have waiting, and their bytes. */
  readonly requests: number;
  readonly requestBytes: number;
  /** Bytes unsent on a link at which its peer counts as too slow: it is closed, and resumes by cursor. */
  readonly slowPeerBytes: number;
  /** Bytes unsent on a link beyond which stored updates wait for it to drain. */
  readonly paceBytes: number;
  /** Milliseconds between looks at a link that drains. */
  readonly paceMs: number;
  /** Milliseconds a link may drain nothing while stored updates wait for it. */
  readonly stalledMs: number;
  /** Bytes unsent on a link beyond which presence and signaling are dropped for it. */
  readonly presenceBehindBytes: number;
  /** Milliseconds from the opening of a link to its hello. */
  readonly helloMs: number;
  /** Milliseconds without a frame sent after which the relay pings; with the sweep below 20 s together. */
  readonly pingAfterMs: number;
  /** Milliseconds between looks at all links for pings, silence and missing hellos. */
  readonly sweepMs: number;
  /** Milliseconds without a frame received after which a link is closed. */
  readonly silentMs: number;
  /** Milliseconds a mesh without links stays loaded. */
  readonly idleMeshMs: number;
  /** Rounds a link may take to catch up with what is committed meanwhile. */
  readonly resumeRounds: number;
  /** Namespaces a link remembers as inside or outside its subscription. */
  readonly rememberedNamespaces: number;
  /** Rows of a document at which folding pays, if they are worth a quarter of its base. */
  readonly foldRows: number;
  /** Rows at which a document is folded whatever they weigh: a fresh replica is sent each of them. */
  readonly foldRowsAtMost: number;
  /** Bytes of rows at which folding pays, if they outweigh the base. */
  readonly foldBytes: number;
  /** Documents of one mesh that wait for compaction; more are found again by their next commit. */
  readonly foldsWaiting: number;
  /** Tasks of one mesh that have a strict claim; some 200 bytes each in the log. */
  readonly meshClaims: number;
  /** Milliseconds in which scrubs gather before the log's file is rewritten for all of them. */
  readonly eraseDelayMs: number;
  /** Milliseconds after which a rewriting that failed is tried again. */
  readonly eraseRetryMs: number;
  /** After a rewriting the next one waits this many times as long as it took: a twentieth of the time at most. */
  readonly eraseRestFactor: number;
  /** Signaling messages of one link in a second; each is passed on to all links of its mesh. */
  readonly linkSignals: number;
  /** Presence messages of one link in a second; likewise. A replica coalesces its own, and says again what was dropped. */
  readonly linkPresence: number;
  /** Scrubs and ends of one link that are under way; each is small. */
  readonly linkScrubs: number;
}

const KIB = 1024;
const MIB = 1024 * KIB;

export const relayLimits: RelayLimits = {
  links: 10_000,
  meshLinks: 2_000,
  meshes: 1_000,
  meshDocuments: 100_000,
  documentBytes: 24 * MIB,
  cachedStateBytes: 32 * MIB,
  groupDelayMs: 2,
  groupBytes: 4 * MIB,
  pendingBytes: 64 * MIB,
  inboundBytes: 80 * MIB,
  inboundFrames: 100_000,
  requests: 100_000,
  requestBytes: 64 * MIB,
  slowPeerBytes: 16 * MIB,
  paceBytes: MIB,
  paceMs: 5,
  stalledMs: 30_000,
  presenceBehindBytes: 64 * KIB,
  helloMs: 10_000,
  pingAfterMs: 14_000,
  sweepMs: 5_000,
  silentMs: 60_000,
  idleMeshMs: 60_000,
  resumeRounds: 1_000,
  rememberedNamespaces: 4_096,
  foldRows: 256,
  foldRowsAtMost: 4_096,
  foldBytes: MIB,
  foldsWaiting: 1_000,
  meshClaims: 1_000_000,
  eraseDelayMs: 500,
  eraseRetryMs: 30_000,
  eraseRestFactor: 20,
  linkSignals: 100,
  linkPresence: 100,
  linkScrubs: 10_000,
};
