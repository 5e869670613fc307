import type { FieldConflict, TaskPatch } from '@mnemesh/core';
import type { ImportReport } from '../beads/import-beads.js';

/** What the demo asks of an agent's process, each with its input and its answer. */
export interface AgentCommands {
  open: { readonly input: AgentPlace; readonly output: { readonly replica: string } };
  importBeads: { readonly input: { readonly file: string }; readonly output: ImportReport };
  remember: {
    readonly input: { readonly file: string };
    readonly output: { readonly saved: number };
  };
  edit: {
    readonly input: { readonly edits: readonly Edit[] };
    readonly output: { readonly saved: number };
  };
  /** Writes memory items until the process ends, reporting each id that is saved. */
  writeOn: { readonly input: Record<string, never>; readonly output: Record<string, never> };
  missing: {
    readonly input: { readonly ids: readonly string[] };
    readonly output: { readonly ids: readonly string[] };
  };
  setOffline: { readonly input: { readonly offline: boolean }; readonly output: Progress };
  /** Waits, within `ms`, until everything written is acked. */
  acked: { readonly input: { readonly ms: number }; readonly output: Progress };
  /** Waits, within `ms`, until the replica is synced. */
  settled: { readonly input: { readonly ms: number }; readonly output: Holding };
  holding: { readonly input: Record<string, never>; readonly output: Holding };
  conflicts: { readonly input: Record<string, never>; readonly output: readonly Conflicted[] };
  close: { readonly input: Record<string, never>; readonly output: Record<string, never> };
}

export type CommandName = keyof AgentCommands;

export interface AgentPlace {
  readonly mesh: string;
  readonly agent: string;
  readonly data: string;
  readonly relay: string;
}

/** One task by its ref, and what to write. */
export interface Edit {
  readonly ref: string;
  readonly patch: TaskPatch;
}

/** How far what was written has come. */
export interface Progress {
  readonly acked: boolean;
  readonly synced: boolean;
  readonly offline: boolean;
  readonly unacked: number;
}

/** What a replica holds. Equal digests mean that every record's view is equal. */
export interface Holding extends Progress {
  readonly tasks: number;
  readonly dependencies: number;
  readonly memory: number;
  readonly conflicted: number;
  readonly digest: string;
}

export interface Conflicted {
  readonly ref: string;
  readonly conflicts: readonly (FieldConflict & {
    readonly writers: Readonly<Record<string, string>>;
  })[];
}

/** Parent to agent. */
export interface AgentRequest {
  readonly id: number;
  readonly command: CommandName;
  readonly input: unknown;
}

/** Agent to parent: an answer, or the id of a record that was just saved. */
export type AgentMessage =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly saved: string };
