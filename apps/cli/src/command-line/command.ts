import type { Explanation, Settings } from '@mnemesh/open-mesh';
import type { ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** An option of a command: `--topic WORD`, or `--explain` without a value. */
export interface Flag {
  readonly name: string;
  /** What stands for the value in help. A flag without one is a switch. */
  readonly value?: string;
  readonly help: string;
}

export interface Argument {
  /** In capitals, as help shows it. */
  readonly name: string;
  readonly help: string;
  readonly optional?: boolean;
  /** The words it may be, where it is not free text. */
  readonly choices?: readonly string[];
}

export interface Command {
  /** Its words: `['task', 'add']`. */
  readonly words: readonly string[];
  readonly summary: string;
  /** More for its own help page. */
  readonly details?: string;
  readonly arguments: readonly Argument[];
  readonly flags: readonly Flag[];
  /** Complete lines that work as they stand. At least one. */
  readonly examples: readonly [string, ...string[]];
  run(call: Call): Promise<ExitCode>;
}

/** One call of a command, parsed. */
export interface Call {
  readonly terminal: Terminal;
  readonly explanation: Explanation;
  /** Checked only when asked for, so that `init` and `serve` need no agent. */
  settings(): Settings;
  argument(name: string): string | undefined;
  flag(name: string): string | undefined;
  isSet(name: string): boolean;
}

export const globalFlags: readonly Flag[] = [
  { name: 'mesh', value: 'NAME', help: 'the mesh to use' },
  { name: 'agent', value: 'NAME', help: 'the agent to act as' },
  { name: 'relay', value: 'URL', help: 'the relay to sync with; "none" for none' },
  { name: 'data', value: 'DIR', help: 'where keys and replicas are kept (default ~/.mnemesh)' },
  {
    name: 'embedder',
    value: 'URL',
    help: 'an embeddings API, so that recall finds by meaning too; "none" for none',
  },
  { name: 'embedding-model', value: 'NAME', help: 'its model; its key is in MNEMESH_EMBEDDER_KEY' },
  { name: 'wait', value: 'SECONDS', help: 'how long to wait for the relay (default 3)' },
  { name: 'json', help: 'print JSON, for programs' },
  { name: 'help', help: 'print help' },
];
