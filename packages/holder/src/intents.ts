import type { RecordView } from '@mnemesh/core';
import type { CallMessage, RecordName, ShownRecord } from './messages.js';

/** A write that a guest asked of its holder, which has not answered yet. */
interface Asked {
  /** `tasks` */
  readonly part: string;
  /** `update` */
  readonly name: string;
  /** What JSON can say, and nobody changes any more. */
  readonly args: readonly unknown[];
  readonly record: RecordName;
  readonly session: string;
}

/** The record's id is in its arguments, so that doing it twice is doing it once. */
export interface IntendedCreation extends Asked {
  readonly kind: 'creates';
  /** What its session had been shown of a record, or of a topic by its hash. */
  shownOf(id: string): ShownRecord;
}

export interface IntendedChange extends Asked {
  readonly kind: 'changes';
  /** The record as the guest was given it last. */
  readonly seen: RecordView;
  /** What its session had been shown of it: nothing else is to be replaced. */
  readonly known: ShownRecord;
}

export type Intent = IntendedCreation | IntendedChange;

/** An intent that is on the disk: it will be done, by whoever holds the replica, whatever becomes of the guest. */
export interface KeptIntent {
  /**
   * Its turn has come, and it may be done from now on. Resolves when that is on the disk.
   * @param after it is done if its session has written the record above this clock
   */
  asked(after: number): Promise<void>;
  /** Nobody need do it any more. Resolves when it is off the disk. */
  done(): Promise<void>;
}

/** Where a guest keeps what a holder takes its time with. */
export interface Intents {
  /** A record's id in a namespace of which an id was given out before; undefined for one of which none was. */
  freshId(part: string, namespace: string): string | undefined;
  /** The holder gave out an id. */
  learn(part: string, namespace: string, id: string): void;
  /**
   * What the call will give; undefined for what only the holder can judge.
   * @throws MnemeshError `bad_input`, `write_once`, as the call would
   */
  expected(intent: Intent): Promise<unknown>;
  /**
   * Of several of one record, what is kept first is done first.
   * @param after as `KeptIntent.asked` says, if its turn has come
   * @throws MnemeshError `store_failed`
   */
  keep(intent: Intent, after: number | undefined): Promise<KeptIntent>;
}

/** What a guest asked for that is gone. */
export interface LeftCall extends Pick<CallMessage, 'method' | 'args'> {
  readonly record: RecordName;
  readonly session: string;
  /** What its session had been shown of the record, and of the topics that it is in. */
  readonly known: readonly ShownRecord[];
  /** Milliseconds since the epoch: when it was asked. */
  readonly at: number;
  /** Absent when its turn never came; then its guest did not do it. */
  readonly after?: number;
  /** The session of a stand-in that began to do it. */
  readonly by?: string;
}
