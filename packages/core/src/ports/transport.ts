import type { Link, LinkAcceptor, LinkKind } from '@mnemesh/protocol';

/**
 * The link port: keeps links to one relay, or to the peers it finds, and reconnects with jittered,
 * capped backoff. It stops for good after a terminal close code (4400–4499).
 */
export interface Transport {
  readonly kind: LinkKind;
  /** For people: the relay's address, or the name of the room. */
  readonly address: string;
  readonly state: TransportState;
  /** Begins to connect. Called once. `changed` follows every change of `state`. */
  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void;
  /** This link was admitted by its peer: the backoff starts afresh after it closes. */
  admitted(link: Link): void;
  /** The simulated-offline switch: true closes every link and stops connecting. */
  setOffline(offline: boolean): void;
  /** Idempotent; every link's handler has been told when it resolves. */
  close(): Promise<void>;
}

export type TransportState = 'offline' | 'connecting' | 'connected' | 'refused';
