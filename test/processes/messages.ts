import type { PeerSettings } from '@mnemesh/open-mesh';
import type { RecordId } from '@mnemesh/protocol';

/** What a resolved write lets everybody expect, for ever. */
export type Claim =
  | { readonly kind: 'content'; readonly id: RecordId; readonly content: string }
  /** The title of this task tells this turn or a later one. */
  | { readonly kind: 'turn'; readonly id: RecordId; readonly turn: number }
  /** Somebody began to forget it: nobody may still count on its content. */
  | { readonly kind: 'released'; readonly id: RecordId }
  | { readonly kind: 'forgotten'; readonly id: RecordId };

/** One thing a writer does, again and again in the order of its plan. */
export type Step =
  /** `count` items written at the same time, each with about `bytes` of text. */
  | {
      readonly kind: 'create';
      readonly count: number;
      readonly bytes: number;
      readonly until: Stage;
    }
  /** One more turn in the title of the writer's own task. */
  | { readonly kind: 'turn'; readonly until: Stage }
  /** Forgets an item that it wrote before. */
  | { readonly kind: 'forget'; readonly until: Stage };

/** How far a write must be before the writer goes on. */
export type Stage = 'saved' | 'acked';

/** `OFF` leaves flushing to the operating system: what the product never does. */
export type Flushing = 'FULL' | 'OFF';

export interface RelayPlace {
  readonly directory: string;
  readonly port: number;
  readonly flushing?: Flushing;
  /** Plants a fault: appends are called durable this many milliseconds before they are written. */
  readonly ackEarlyMs?: number;
  /** Plants a fault: plain rooms are committed this many milliseconds after they were forwarded. */
  readonly commitRoomsLateMs?: number;
}

export interface WriterPlace {
  readonly directory: string;
  readonly name: string;
  /** 32 bytes as hex: the agent stays the same however often its process dies. */
  readonly agentSeed: string;
  readonly url?: string;
  readonly plan: readonly Step[];
  readonly flushing?: Flushing;
  /** Plants a fault: commits are called durable this many milliseconds before they are written. */
  readonly saveEarlyMs?: number;
  /** Each saved claim is written to this file, as one line by one call. */
  readonly savedFile?: string;
}

/** One process of several that share the replica in `data`. */
export interface SharerPlace {
  readonly data: string;
  readonly agent: string;
  readonly holder: 'here' | 'apart';
  /** Peer links; none when absent. */
  readonly webrtc?: PeerSettings;
}

/** From a process to the test. */
export type Report =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'opened'; readonly synchronous: readonly unknown[] }
  | { readonly kind: 'saved'; readonly claims: readonly Claim[] }
  | { readonly kind: 'acked'; readonly claims: readonly Claim[] }
  /** Answer to `unlinked`: no link is left, and every ack that came by one was reported. */
  | { readonly kind: 'unlinked'; readonly unacked: number }
  /** A write of a sharer resolved. */
  | { readonly kind: 'wrote'; readonly content: string }
  /** Answer to `burst`: all of it resolved. */
  | { readonly kind: 'burst' }
  /** Answer to `look`: contents of all items, and the turns and conflicts of its own task. */
  | {
      readonly kind: 'sees';
      readonly contents: readonly string[];
      readonly turn: string | undefined;
      readonly conflicts: number;
    }
  /** Answer to `stop`: every step was done, and everything it saved was acked if it has a relay. */
  | { readonly kind: 'stopped' };

/** From the test to a process. */
export type Order =
  /** So many further steps of the plan; without them it waits. */
  | { readonly kind: 'steps'; readonly count: number }
  | { readonly kind: 'unlinked' }
  /** Finish the steps under way and wait for acks. */
  | { readonly kind: 'stop' }
  /** A sharer writes so many items, all at once, and as many turns of its task as a quarter of that, one by one. */
  | { readonly kind: 'burst'; readonly items: number }
  | { readonly kind: 'look' }
  /** Closes in order and exits. */
  | { readonly kind: 'close' };
