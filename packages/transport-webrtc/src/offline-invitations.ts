import type { Invitations } from '@mnemesh/core';
import { MnemeshError, type Runtime, toHex } from '@mnemesh/protocol';
import { Attempt } from './attempt.js';
import { readBase64Url, toBase64Url } from './base64.js';
import type { CarrierOptions } from './connection.js';
import type { Contacts } from './contacts.js';
import { deflate, inflate } from './deflate.js';
import type { MeshSecret } from './mesh-secret.js';
import { type Handed, type PeerId, parseHanded, type Signal } from './signal-message.js';
import { webrtcLimits } from './webrtc-limits.js';

export interface OfflineInvitationsOptions extends CarrierOptions {
  readonly secret: MeshSecret;
  readonly runtime: Runtime;
  readonly contacts: Contacts;
  readonly online: () => boolean;
}

interface Waiting {
  readonly attempt: Attempt;
  readonly open: Promise<void>;
}

/** Before the sealed text, so that a person sees what it is. */
const PREFIX = { offer: 'mnemesh-offer.', answer: 'mnemesh-answer.' } as const;

/** Links two ends by two texts that people carry. They are sealed: only members of the mesh can use them. */
export class OfflineInvitations implements Invitations {
  readonly #options: OfflineInvitationsOptions;
  readonly #waiting = new Map<string, Waiting>();
  /** Their answers are being made, or carried. */
  readonly #answered = new Set<Attempt>();

  constructor(options: OfflineInvitationsOptions) {
    this.#options = options;
  }

  async invite(): Promise<string> {
    this.#checkOnline();
    this.#makeRoom();
    const id = toHex(this.#options.runtime.randomBytes(16));
    // Who will answer is not known yet.
    const { attempt, signal, open } = this.#attempt(id, undefined);
    this.#waiting.set(id, { attempt, open });
    const give = (): void => void this.#waiting.delete(id);
    open.then(give, give);
    return this.#seal('offer', id, await signal);
  }

  async answer(invitation: string): Promise<string> {
    this.#checkOnline();
    const handed = await this.#open('offer', invitation);
    this.#checkOnline();
    if (handed.from === this.#options.peer)
      throw new MnemeshError('bad_input', 'This invitation is from this replica itself.');
    const { attempt, signal, open } = this.#attempt(handed.attempt, handed.from);
    this.#answered.add(attempt);
    const give = (): void => void this.#answered.delete(attempt);
    open.then(give, give);
    attempt.signal(handed.signal);
    return this.#seal('answer', handed.attempt, await signal);
  }

  async complete(answer: string): Promise<void> {
    this.#checkOnline();
    const handed = await this.#open('answer', answer);
    const waiting = this.#waiting.get(handed.attempt);
    if (waiting === undefined)
      throw new MnemeshError(
        'bad_input',
        'This answers no invitation that is waiting here. Invite anew, and answer within a quarter of an hour.',
      );
    waiting.attempt.answeredBy(handed.from);
    waiting.attempt.signal(handed.signal);
    await waiting.open;
  }

  /** This end goes offline or closes. */
  giveUp(): void {
    const invited = [...this.#waiting.values()].map(({ attempt }) => attempt);
    for (const attempt of [...invited, ...this.#answered])
      attempt.abandon(new Error('This replica went offline.'));
  }

  /** @param remote undefined for the one who invites */
  #attempt(
    id: string,
    remote: PeerId | undefined,
  ): { attempt: Attempt; signal: Promise<Signal>; open: Promise<void> } {
    const { contacts, peer, rtc, iceServers, runtime } = this.#options;
    const signal = promised<Signal>();
    const open = promised<void>();
    const attempt = contacts.adopt(
      (told) =>
        new Attempt(id, {
          peer,
          rtc,
          iceServers,
          runtime,
          whole: true,
          remote: remote ?? 'unknown',
          initiator: remote === undefined,
          deadlineMs: webrtcLimits.inviteMs,
          signal: signal.resolve,
          opened: (link) => {
            told.opened(link);
            open.resolve();
          },
          failed: (why) => {
            const error = new MnemeshError('offline', `No link came about: ${why}`);
            signal.reject(error);
            open.reject(error);
          },
          ended: told.ended,
        }),
    );
    const cancel = runtime.after(webrtcLimits.gatherMs, () =>
      attempt.abandon(new Error('this machine did not find its own addresses')),
    );
    signal.promise.then(cancel, cancel);
    return { attempt, signal: signal.promise, open: open.promise };
  }

  async #seal(kind: keyof typeof PREFIX, attempt: string, signal: Signal): Promise<string> {
    const { peer, secret } = this.#options;
    const bytes = await deflate(JSON.stringify({ from: peer, attempt, signal }));
    return PREFIX[kind] + toBase64Url(secret.seal(bytes));
  }

  async #open(kind: keyof typeof PREFIX, text: string): Promise<Handed> {
    // People copy line breaks along.
    const bare = text.replace(/\s+/g, '');
    const { invitationChars } = webrtcLimits;
    const sealed =
      bare.startsWith(PREFIX[kind]) && bare.length <= invitationChars
        ? readBase64Url(bare.slice(PREFIX[kind].length))
        : undefined;
    if (sealed === undefined)
      throw new MnemeshError('bad_input', `This is no ${kind}: one begins with ${PREFIX[kind]}`);
    const opened = this.#options.secret.open(sealed);
    const json = opened === undefined ? undefined : await inflate(opened);
    const handed = json === undefined ? undefined : parseHanded(json);
    if (handed !== undefined && handed.signal.type === kind) return handed;
    throw new MnemeshError(
      'bad_input',
      `This ${kind} was cut, or made with another secret. Both ends need the secret of one mesh.`,
    );
  }

  #makeRoom(): void {
    for (const { attempt } of [...this.#waiting.values()]) {
      if (this.#waiting.size < webrtcLimits.invitations) return;
      attempt.abandon(new Error('there were further invitations'));
      this.#waiting.delete(attempt.id);
    }
  }

  #checkOnline(): void {
    if (!this.#options.online())
      throw new MnemeshError('offline', 'This replica is offline. Go online first.');
    if (!this.#options.contacts.roomy)
      throw new MnemeshError('overloaded', 'This replica has as many peers as it can keep.');
  }
}

function promised<T>(): {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
} {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<T>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  // Each is awaited by at most one caller, who may come late.
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
