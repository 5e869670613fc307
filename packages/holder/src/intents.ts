import type { RecordView } from '@mnemesh/core';
import type { CallMessage, ShownRecord } from './messages.js';

/** A call that a guest asked of its holder, which has not answered yet. Doing it twice is doing it once. */
interface Asked {
  /** `tasks` */
  readonly part: string;
  readonly namespace: string;
  readonly args: readonly unknown[];
  readonly record: string;
  readonly session: string;
}

/** The record's id is in its arguments. */
export interface IntendedCreation extends Asked {
  readonly kind: 'creates';
}

export interface IntendedChange extends Asked {
  readonly kind: 'changes';
  /** `update` */
  readonly name: string;
  /** The record as the guest was given it last. */
  readonly seen: RecordView;
  /** What its session had been shown of it: nothing else is to be replaced. */
  readonly known: ShownRecord;
}

export type Intent = IntendedCreation | IntendedChange;

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
   * Of several, what was given first is done first.
   * @returns undefined for what only the holder can judge
   * @throws MnemeshError `bad_input`, `write_once`, as the call would
   */
  keep(intent: Intent): Promise<KeptIntent | undefined>;
}

/** What a guest asked for that is gone. */
export interface LeftCall extends Pick<CallMessage, 'method' | 'namespace' | 'args'> {
  /** Of a change: who asked for it, and what they knew. */
  readonly changes?: { readonly session: string; readonly known: ShownRecord };
}
