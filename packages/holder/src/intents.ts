import type { CallMessage } from './messages.js';

/** A creation that a guest asked of its holder, which has not answered yet. */
export interface Intent {
  /** `tasks` */
  readonly part: string;
  readonly namespace: string;
  /** With the record's id, so that doing it twice is doing it once. */
  readonly args: readonly unknown[];
  readonly record: string;
  readonly session: string;
}

/** An intent that is on the disk: it will be done, by whoever holds the replica, whatever becomes of the guest. */
export interface KeptIntent {
  /** What the call will give. */
  readonly value: unknown;
  /** It was done: nobody need do it again. */
  done(): Promise<void>;
}

/** Where a guest keeps what a holder takes its time with. */
export interface Intents {
  /** A record's id in a namespace of which an id was given out before; undefined for one of which none was. */
  freshId(part: string, namespace: string): string | undefined;
  /** The holder gave out an id. */
  learn(part: string, namespace: string, id: string): void;
  /**
   * @returns undefined for what only the holder can judge
   * @throws MnemeshError `bad_input`, as the call would
   */
  keep(intent: Intent): Promise<KeptIntent | undefined>;
}

/** What a guest asked for that is gone. */
export type LeftCall = Pick<CallMessage, 'method' | 'namespace' | 'args'>;
