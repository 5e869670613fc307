/** Every bound of peer links and of finding peers, with its unit and its reason. */
export const webrtcLimits = {
  /** Bytes of one message on a data channel: what every browser carries, and short enough that links take turns. */
  chunkBytes: 16 * 1024,
  /** Bytes a data channel buffers before the rest waits here. More would delay small frames; less starves the line. */
  highMarkBytes: 256 * 1024,
  /** Bytes a data channel has left when it is given more. It is the threshold that simple-peer sets. */
  lowMarkBytes: 64 * 1024,
  /** Milliseconds between looks at a channel that drains: not every one tells. */
  drainPollMs: 20,
  /** Bytes one link holds that have not left. Beyond it the link closes as too slow, and sync resumes by state. */
  queueBytes: 128 * 1024 * 1024,
  /** Milliseconds for an offer to become an open link. */
  connectMs: 15_000,
  /** Milliseconds the other end has to take in a close before the connection is cut. */
  closeGraceMs: 2_000,
  /** Peers linked, or about to be. Further ones are reached through these. */
  peers: 24,
  /** Peers that are remembered, barred ones included. The one heard of longest ago is forgotten. */
  contacts: 256,
  /** Attempts in a row that led nowhere before a peer is forgotten until it speaks again. */
  attempts: 4,
  /** Signaling messages are padded to a multiple of so many bytes, so that their length tells little. */
  signalPadBytes: 512,
  /** Signaling messages remembered, so that none is taken or passed on twice. */
  signalsSeen: 4_096,
  /** Signaling messages taken in a second from all paths together; more are dropped, and attempts repeat. */
  signalsPerSecond: 500,
  /** Candidates that wait for the offer they belong to, or follow it, in one attempt. */
  candidates: 64,
  /** Milliseconds that an invitation waits for its answer, and the answer for the link: people carry both. */
  inviteMs: 15 * 60_000,
  /** Invitations of one end that wait. The oldest is given up for a further one. */
  invitations: 4,
  /** Milliseconds to find one's own addresses. */
  gatherMs: 10_000,
  /** Milliseconds after which the addresses found so far are all, where the platform does not say so. */
  gatheredMs: 2_000,
  /** Characters of an invitation or its answer. */
  invitationChars: 12_000,
  /** Milliseconds after start without any path until the state says so. */
  noPathAfterMs: 2_000,
  /** Milliseconds between announcements, at most; half of it at least. */
  announceMs: 30_000,
  /** Milliseconds in which what calls for an announcement gathers. */
  announceDelayMs: 50,
  /** Signaling servers one transport keeps a socket to. */
  servers: 8,
  /** Milliseconds until a socket to a signaling server counts as not opening. */
  socketOpenMs: 10_000,
  /** Bytes unsent to a signaling server beyond which messages for it are dropped. */
  socketBehindBytes: 256 * 1024,
  /** Milliseconds between pings to a signaling server. */
  socketPingMs: 15_000,
  /** Milliseconds of silence after which a socket to a signaling server is opened anew. */
  socketSilentMs: 45_000,
} as const;
