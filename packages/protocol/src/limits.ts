/**
 * Every bound of the wire and of the envelope, with its unit and its reason. A bound is part of the
 * protocol: raising one is a new protocol version, because older peers refuse what exceeds theirs.
 */
export const limits = {
  /** Bytes of one frame on any link. Larger messages travel as parts; 256 kB is what a WebRTC data channel carries. */
  frameBytes: 256 * 1024,
  /** Bytes of one message put together from parts: one segment's whole state fits, a runaway sender does not. */
  messageBytes: 64 * 1024 * 1024,
  /** Pieces of one message: one piece a WebRTC chunk of 16 kB, and room to spare. Bounds what empty pieces cost. */
  messageParts: 8192,
  /** Bytes of one Yjs update in a push, so that a relay's turn stays short. */
  updateBytes: 32 * 1024 * 1024,
  /** Bytes of the data of one envelope: the longest text an agent may store as one record. */
  dataBytes: 1024 * 1024,
  /** Characters of a mesh's name; it becomes part of paths. */
  meshChars: 64,
  /** Characters of a namespace. */
  namespaceChars: 200,
  /** Characters of a segment's name. */
  segmentChars: 64,
  /** Bytes of a record's id. */
  recordIdBytes: 128,
  /** Bytes of a field's name; set members (tags, dependencies) are part of it. */
  fieldBytes: 512,
  /** Entries of a causal context: concurrent sessions that wrote one field before it was reconciled. */
  contextEntries: 1024,
  /** Versions listed by one commit; at 64 bytes a record more saves nothing. */
  commitVersions: 256,
  /** Namespace globs in one subscription. */
  subscriptionGlobs: 64,
  /** Documents listed in one catalog frame; longer catalogs take several frames. */
  catalogDocuments: 1000,
  /** Agents that one replica announces. */
  agents: 64,
  /** Grants presented with one handshake, and bytes of each. */
  grants: 64,
  grantBytes: 4096,
  /** Bytes of an encoded document state (clocks and deleted ranges). */
  stateBytes: 8 * 1024 * 1024,
  /** Bytes of one presence message. */
  presenceBytes: 16 * 1024,
  /** Bytes of one sealed signaling message; an offer to connect takes some two thousand. */
  signalBytes: 16 * 1024,
  /** Sessions that one presence message tells of. */
  presenceSessions: 256,
  /** Bytes of a name, a status or a persona in presence. */
  presenceTextBytes: 500,
  /** Milliseconds after which a session of which nothing more was heard counts as gone. */
  presenceLastsMs: 45_000,
  /** Bytes of an error's message on the wire; the sender cuts a longer one. */
  errorChars: 500,
  /** Documents one link may introduce; a link-local number stays below it. */
  linkDocuments: 1_000_000,
  /** Milliseconds of the lease that a strict claim asks for: a week. */
  claimMs: 7 * 24 * 3_600_000,
  /** The highest floor of a namespace: its segments have numbers of up to nine digits. */
  floors: 999_999_999,
} as const;
