import type { ServerCommand } from './server-command.js';

/** What a client process is started with. */
export interface ClientPlace {
  readonly name: string;
  readonly server: ServerCommand;
  /** Calls under way at the same time. */
  readonly atOnce: number;
}

/** One write that a client makes: an item, or an entity with one observation. */
export interface PlannedWrite {
  readonly tool: 'remember' | 'create_entities';
  readonly text: string;
}

export type ClientOrder =
  | { readonly kind: 'write'; readonly writes: readonly PlannedWrite[] }
  /** Reads the graph, and the items of these ids. */
  | { readonly kind: 'look'; readonly ids: readonly string[] }
  | { readonly kind: 'end' };

export type ClientReport =
  | { readonly kind: 'ready' }
  /** With the item's id, where it is one. */
  | { readonly kind: 'acknowledged'; readonly text: string; readonly id?: string }
  | { readonly kind: 'refused'; readonly text: string; readonly reason: string }
  | { readonly kind: 'wrote' }
  | {
      readonly kind: 'sees';
      readonly entities: readonly {
        readonly name: string;
        readonly observations: readonly string[];
      }[];
      /** Contents of the items that were asked for. */
      readonly items: readonly string[];
      /** Why the server could not be read. */
      readonly problem?: string;
    };
