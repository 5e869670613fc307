import type { CloseCode } from './close-codes.js';

/**
 * An ordered, reliable channel of frames to one peer, already open. It carries bytes and knows
 * nothing of what they mean. A frame handed to `send` arrives whole, once and in order, or the link closes.
 */
export interface Link {
  readonly kind: LinkKind;
  /** For people: an address or a name. */
  readonly peer: string;
  /** Bytes handed to `send` that have not left yet. */
  readonly bufferedBytes: number;
  /** Never throws; after `close` it does nothing. @param frame at most `limits.frameBytes` */
  send(frame: Uint8Array): void;
  /** Idempotent. The handler's `closed` is called once, also for a local close. */
  close(code: CloseCode, reason: string): void;
}

export type LinkKind = 'relay' | 'peer' | 'tab';

/** What the owner of a link is told. Handlers must not throw; the carrier treats a throw as a defect and closes. */
export interface LinkHandler {
  received(frame: Uint8Array): void;
  /** The last call. */
  closed(code: number, reason: string): void;
}

/** Attaches an owner to a link that has just opened. Frames arrive only after it returns. */
export type LinkAcceptor = (link: Link) => LinkHandler;
