/** Every bound of a signaling server, with its unit and its reason. */
export interface SignalingLimits {
  /** Sockets; each costs some kilobytes. */
  readonly links: number;
  /** Topics one socket subscribes to. */
  readonly linkTopics: number;
  /** Sockets of one topic; every message of the topic is sent to all of them. */
  readonly topicLinks: number;
  /** Characters of a topic. */
  readonly topicChars: number;
  /** Bytes of one message: an offer in base64, with room to spare. */
  readonly messageBytes: number;
  /** Messages of one socket in a second. */
  readonly messagesPerSecond: number;
  /** Bytes unsent on a socket at which its reader counts as too slow. */
  readonly bufferedBytes: number;
  /** Milliseconds between looks at all sockets: who said nothing since the look before is asked, and then cut off. */
  readonly sweepMs: number;
}

export const signalingLimits: SignalingLimits = {
  links: 2_000,
  linkTopics: 64,
  topicLinks: 500,
  topicChars: 256,
  messageBytes: 64 * 1024,
  messagesPerSecond: 200,
  bufferedBytes: 1024 * 1024,
  sweepMs: 30_000,
};
