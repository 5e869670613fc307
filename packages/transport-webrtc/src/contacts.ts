import { backoffDelay } from '@mnemesh/core';
import {
  type Cancel,
  closeCodes,
  isTerminal,
  type Link,
  type LinkAcceptor,
  type Runtime,
  randomFraction,
  toHex,
} from '@mnemesh/protocol';
import { Attempt } from './attempt.js';
import type { CarrierOptions } from './connection.js';
import type { PeerId, SignalMessage } from './signal-message.js';
import { webrtcLimits } from './webrtc-limits.js';
import type { LinkEnd, WebrtcLink } from './webrtc-link.js';

export interface ContactsOptions extends CarrierOptions {
  readonly runtime: Runtime;
  readonly peers: number;
  readonly accept: LinkAcceptor;
  readonly send: (message: SignalMessage) => void;
  /** A link or an attempt came or went. */
  readonly changed: () => void;
}

/** What is known of one peer. */
interface Contact {
  readonly id: PeerId;
  /** Closed with a terminal code, by either end: never linked with again. */
  barred: boolean;
  link: WebrtcLink | undefined;
  attempt: Attempt | undefined;
  retry: Cancel | undefined;
  /** It was asked to offer, and `retry` waits for that. */
  asked: boolean;
  /** Links in a row that ended before they were admitted. */
  failures: number;
  /** Attempts in a row that led to no link. */
  misses: number;
  /** Attempts that are over: what still comes of them is late. */
  readonly over: string[];
}

const OVER_ATTEMPTS = 8;

/**
 * The peers this end has heard of, and one link to each. Of two peers the one with the lower id offers, so that
 * they never offer to each other at once; the other asks it to.
 */
export class Contacts {
  readonly #options: ContactsOptions;
  readonly #contacts = new Map<PeerId, Contact>();
  readonly #attempts = new Set<Attempt>();
  #open = false;

  constructor(options: ContactsOptions) {
    this.#options = options;
  }

  get links(): readonly WebrtcLink[] {
    return [...this.#contacts.values()].flatMap(({ link }) => link ?? []);
  }

  /** Connections that are links. */
  get linked(): readonly Attempt[] {
    return [...this.#attempts].filter(({ link }) => link !== undefined);
  }

  /** Somebody may yet become a link. */
  get hopeful(): boolean {
    return [...this.#contacts.values()].some(
      ({ attempt, retry }) => attempt !== undefined || retry !== undefined,
    );
  }

  get barred(): boolean {
    return [...this.#contacts.values()].some(({ barred }) => barred);
  }

  /** Further peers can be linked with. */
  get roomy(): boolean {
    const busy = [...this.#contacts.values()].filter(
      ({ link, attempt }) => link !== undefined || attempt !== undefined,
    );
    return busy.length < this.#options.peers;
  }

  open(): void {
    this.#open = true;
  }

  received(message: SignalMessage): void {
    if (!this.#open) return;
    const contact = this.#contact(message.from);
    if (contact.barred) return;
    if (message.type === 'signal') this.#signaled(contact, message);
    else if (contact.link === undefined) this.#announced(contact);
  }

  admitted(link: Link): void {
    for (const contact of this.#contacts.values()) if (contact.link === link) contact.failures = 0;
  }

  /** An attempt that comes about by other means than signaling; what becomes of it counts like any. */
  adopt(make: (told: Adopted) => Attempt): Attempt {
    const attempt: Attempt = make({
      opened: (link) => this.#opened(this.#contact(attempt.remote), attempt, link),
      failed: () => undefined,
      ended: (link, end) => this.#ended(this.#contact(attempt.remote), link, end),
    });
    this.#keep(attempt);
    return attempt;
  }

  /** Closes every link and gives up every attempt. Barred peers stay so. */
  closeAll(reason: string): void {
    this.#open = false;
    for (const contact of [...this.#contacts.values()]) {
      this.#cancelRetry(contact);
      this.#drop(contact);
      contact.link?.close(closeCodes.normal, reason);
      if (!contact.barred) this.#contacts.delete(contact.id);
    }
    for (const attempt of this.#attempts) if (attempt.link === undefined) attempt.abandon();
  }

  /** Resolves when no connection is left. */
  async gone(): Promise<void> {
    await Promise.all([...this.#attempts].map(({ gone }) => gone));
  }

  #contact(id: PeerId): Contact {
    const known = this.#contacts.get(id);
    if (known !== undefined) {
      this.#contacts.delete(id);
      this.#contacts.set(id, known);
      return known;
    }
    this.#forgetOne();
    const contact: Contact = {
      id,
      barred: false,
      link: undefined,
      attempt: undefined,
      retry: undefined,
      asked: false,
      failures: 0,
      misses: 0,
      over: [],
    };
    this.#contacts.set(id, contact);
    return contact;
  }

  #forgetOne(): void {
    if (this.#contacts.size < webrtcLimits.contacts) return;
    for (const contact of this.#contacts.values()) {
      if (contact.link !== undefined || contact.attempt !== undefined) continue;
      contact.retry?.();
      this.#contacts.delete(contact.id);
      return;
    }
  }

  #announced(contact: Contact): void {
    // It may not have been there when it was offered to, or asked: anew.
    if (contact.attempt?.initiator === true && !contact.attempt.answered) this.#drop(contact);
    // A retry has its time: a peer that closes each link is not linked with sooner for announcing itself.
    const waits = contact.retry !== undefined && !contact.asked;
    if (contact.attempt === undefined && !waits && this.roomy) this.#approach(contact);
  }

  #drop(contact: Contact): void {
    contact.attempt?.abandon();
    contact.attempt = undefined;
  }

  /** Offers, or asks the other end to. */
  #approach(contact: Contact): void {
    const { peer, send, runtime } = this.#options;
    if (peer < contact.id) {
      this.#attempt(contact, toHex(runtime.randomBytes(16)), true);
      return;
    }
    contact.asked = true;
    send({ type: 'announce', from: peer, to: contact.id });
    this.#later(contact, webrtcLimits.connectMs, () => this.#miss(contact));
  }

  #signaled(contact: Contact, message: SignalMessage & { readonly type: 'signal' }): void {
    const { attempt: id, signal } = message;
    if (contact.attempt?.id === id) {
      contact.attempt.signal(signal);
      return;
    }
    const late = contact.over.includes(id) || this.#options.peer < contact.id;
    if (late || (contact.attempt === undefined && contact.link === undefined && !this.roomy))
      return;
    // The other end began anew, so it has given up what was before; its link, if any, stays until this one is open.
    this.#drop(contact);
    this.#attempt(contact, id, false).signal(signal);
  }

  #attempt(contact: Contact, id: string, initiator: boolean): Attempt {
    const { peer, rtc, iceServers, runtime, send } = this.#options;
    this.#cancelRetry(contact);
    const attempt: Attempt = new Attempt(id, {
      ...this.#adopted(contact, () => attempt),
      peer,
      rtc,
      iceServers,
      remote: contact.id,
      initiator,
      runtime,
      signal: (signal) => send({ type: 'signal', from: peer, to: contact.id, attempt: id, signal }),
    });
    contact.attempt = attempt;
    contact.over.push(id);
    if (contact.over.length > OVER_ATTEMPTS) contact.over.shift();
    this.#keep(attempt);
    this.#options.changed();
    return attempt;
  }

  #keep(attempt: Attempt): void {
    this.#attempts.add(attempt);
    void attempt.gone.then(() => this.#attempts.delete(attempt));
  }

  #adopted(contact: Contact, attempt: () => Attempt): Adopted {
    return {
      opened: (link) => this.#opened(contact, attempt(), link),
      failed: (why) => this.#failed(contact, attempt(), why),
      ended: (link, end) => this.#ended(contact, link, end),
    };
  }

  #opened(contact: Contact, attempt: Attempt, link: WebrtcLink): void {
    if (contact.attempt === attempt) contact.attempt = undefined;
    const before = contact.link;
    contact.link = link;
    contact.misses = 0;
    this.#cancelRetry(contact);
    before?.close(closeCodes.normal, 'This peer has connected again.');
    this.#options.changed();
    link.attach(this.#options.accept);
  }

  #failed(contact: Contact, attempt: Attempt, why: string): void {
    this.#options.runtime.log('debug', 'a peer was not reached', { peer: contact.id, why });
    if (contact.attempt !== attempt) return;
    contact.attempt = undefined;
    this.#miss(contact);
  }

  #miss(contact: Contact): void {
    contact.misses++;
    const { runtime } = this.#options;
    if (contact.link !== undefined || !this.#open) return;
    if (contact.misses >= webrtcLimits.attempts) this.#contacts.delete(contact.id);
    else this.#later(contact, backoffDelay(contact.misses, randomFraction(runtime)));
    this.#options.changed();
  }

  #ended(contact: Contact, link: WebrtcLink, { code }: LinkEnd): void {
    if (contact.link !== link) return;
    contact.link = undefined;
    if (isTerminal(code)) {
      contact.barred = true;
      this.#cancelRetry(contact);
    } else if (this.#open) {
      const { runtime } = this.#options;
      const { failures } = contact;
      contact.failures++;
      this.#later(
        contact,
        failures === 0 ? 0 : backoffDelay(failures - 1, randomFraction(runtime)),
      );
    }
    this.#options.changed();
  }

  #cancelRetry(contact: Contact): void {
    contact.retry?.();
    contact.retry = undefined;
    contact.asked = false;
  }

  /** Does it then, unless a link or an attempt came about by itself. */
  #later(contact: Contact, ms: number, run = () => this.#approach(contact)): void {
    contact.retry?.();
    contact.retry = this.#options.runtime.after(ms, () => {
      contact.retry = undefined;
      contact.asked = false;
      if (contact.link === undefined && contact.attempt === undefined && this.roomy) run();
      this.#options.changed();
    });
  }
}

/** What an attempt tells the contacts. */
export interface Adopted {
  readonly opened: (link: WebrtcLink) => void;
  readonly failed: (why: string) => void;
  readonly ended: (link: WebrtcLink, end: LinkEnd) => void;
}
