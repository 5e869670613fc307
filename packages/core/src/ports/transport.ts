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
  /** Its peers find each other by messages, which other links of the mesh carry too. */
  readonly signals?: SignalEndpoint;
  /** Connects two ends that no server introduces. */
  readonly invitations?: Invitations;
  /** Begins to connect. Called once. `changed` follows every change of `state`. */
  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void;
  /** This link was admitted by its peer: the backoff starts afresh after it closes. */
  admitted(link: Link): void;
  /** The simulated-offline switch: true closes every link and stops connecting. */
  setOffline(offline: boolean): void;
  /** Idempotent; every link's handler has been told when it resolves. */
  close(): Promise<void>;
}

/** `no_signaling`: there is no link, and no path by which a peer could be found. */
export type TransportState = 'offline' | 'no_signaling' | 'connecting' | 'connected' | 'refused';

/** Takes and gives the messages by which peers find each other. They are sealed: who carries them cannot read them. */
export interface SignalEndpoint {
  /** Called once, before the transport starts. */
  attach(carrier: SignalCarrier): void;
  /** A message came over a link. @param from the link's number */
  received(message: Uint8Array, from: number): void;
  /** A link that carries messages came or went. */
  linksChanged(): void;
}

/** The links of the mesh, as carriers of such messages. */
export interface SignalCarrier {
  /** Links that carry messages now. */
  readonly links: number;
  /** Hands a message to every link. @param except the number of the link that brought it */
  send(message: Uint8Array, except?: number): void;
}

/** Texts that two people exchange by any means, so that their replicas link without a server. */
export interface Invitations {
  /** The first text. It is good for one answer. @throws MnemeshError `offline`, `overloaded` */
  invite(): Promise<string>;
  /** Takes the first text, and gives the second. @throws MnemeshError `bad_input`, `offline`, `overloaded` */
  answer(invitation: string): Promise<string>;
  /** Takes the second text; resolves when the link is open. @throws MnemeshError `bad_input`, `offline` */
  complete(answer: string): Promise<void>;
}
