import type { MnemeshError, Runtime } from '@mnemesh/protocol';
import type { Channel, OpenChannel } from './channel.js';
import type { HolderLimits } from './holder-limits.js';
import {
  errorOf,
  type GuestMessage,
  type HelloMessage,
  type HolderMessage,
  parseHolderMessage,
  type WelcomeMessage,
} from './messages.js';

export interface ConnectOptions {
  readonly hello: HelloMessage;
  readonly runtime: Runtime;
  readonly limits: HolderLimits;
}

/** What a connection tells the guest that uses it. */
export interface ConnectionListener {
  received(message: HolderMessage): void;
  /** Once. Whatever was not answered never will be. */
  lost(error: MnemeshError | undefined): void;
}

/** One guest's way to its holder, after the welcome. */
export class HolderConnection {
  readonly welcome: WelcomeMessage;
  readonly #pipe: Channel;
  readonly #relayTo: (listener: ConnectionListener) => void;

  private constructor(
    welcome: WelcomeMessage,
    pipe: Channel,
    relayTo: (listener: ConnectionListener) => void,
  ) {
    this.welcome = welcome;
    this.#pipe = pipe;
    this.#relayTo = relayTo;
  }

  /**
   * @returns undefined when nobody is there who would answer
   * @throws MnemeshError for what the holder refuses
   */
  static open(
    open: OpenChannel,
    { hello, runtime, limits }: ConnectOptions,
  ): Promise<HolderConnection | undefined> {
    return new Promise((resolve, reject) => {
      const early: HolderMessage[] = [];
      let listener: ConnectionListener | undefined;
      let isOver = false;
      let failure: MnemeshError | undefined;
      const cancel = runtime.after(limits.helloMs, () => pipe.destroy());
      const pipe = open({
        receivedBytes: limits.answerBytes,
        sentBytes: limits.requestBytes,
        received: (json) => {
          const message = parseHolderMessage(json);
          if (message.type === 'welcome') {
            cancel();
            resolve(
              new HolderConnection(message, pipe, (to) => {
                listener = to;
                for (const waiting of early.splice(0)) to.received(waiting);
                if (isOver) to.lost(failure);
              }),
            );
          } else if (message.type === 'refused') {
            failure = errorOf(message) as MnemeshError;
            reject(failure);
            pipe.destroy();
          } else if (listener === undefined) early.push(message);
          else listener.received(message);
        },
        failed: (error) => {
          failure = error;
          reject(error);
          pipe.destroy();
        },
        ended: () => {
          cancel();
          isOver = true;
          resolve(undefined);
          listener?.lost(failure);
        },
      });
      pipe.send(hello);
    });
  }

  listen(listener: ConnectionListener): void {
    this.#relayTo(listener);
  }

  /** @throws MnemeshError `too_large` after sending nothing */
  send(message: GuestMessage): void {
    this.#pipe.send(message);
  }

  /** Bytes that the holder has not read. */
  get unread(): number {
    return this.#pipe.unread;
  }

  close(): void {
    this.#pipe.destroy();
  }
}
