/**
 * Close codes of a link. 4400–4499 are terminal whoever sends them: the same replica with the same
 * settings would be refused again. Everything else is retried with backoff.
 */
export const closeCodes = {
  /** Normal end: the sender closes its mesh or server. */
  normal: 1000,
  /** The relay shuts down or restarts; reconnect. */
  goingAway: 1001,
  unknownProtocol: 4400,
  unauthenticated: 4401,
  wrongMesh: 4402,
  notPermitted: 4403,
  /** Another process opened a copy of this store: this one takes a new id and connects again. */
  storeForked: 4510,
  badFrame: 4500,
  /** The receiver was too slow; it resumes from its cursor. */
  tooSlow: 4501,
  /** The relay's log could not be written; nothing unacked is durable. */
  storeFailed: 4502,
  /** Too many links, documents or bytes for now. */
  overloaded: 4503,
  /** No frame arrived within the heartbeat's bound. */
  silent: 4504,
  /** No replica has brought the document that a plain client asks for. */
  notHere: 4505,
} as const;

export type CloseCode = (typeof closeCodes)[keyof typeof closeCodes];

/** True for codes after which reconnecting cannot help. */
export function isTerminal(code: number): boolean {
  return code >= 4400 && code < 4500;
}
