import type { Json } from '@mnemesh/core';
import type { Log } from '@mnemesh/protocol';

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const CODES: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

/** Where a command prints: results to `out`, everything else to `err`. */
export class Terminal {
  readonly json: boolean;
  readonly #out: TerminalStream;
  readonly #err: TerminalStream;
  readonly #colors: boolean;

  constructor(options: {
    readonly out: TerminalStream;
    readonly err: TerminalStream;
    readonly json: boolean;
    readonly env: Readonly<Record<string, string | undefined>>;
  }) {
    this.json = options.json;
    this.#out = options.out;
    this.#err = options.err;
    this.#colors = options.out.isTTY === true && !options.env.NO_COLOR;
  }

  /** Whether somebody watches standard error, so that a line may be written over. */
  get interactive(): boolean {
    return this.#err.isTTY === true;
  }

  /** A line of the result. */
  print(line: string): void {
    this.#out.write(`${line}\n`);
  }

  printAll(lines: readonly string[]): void {
    for (const line of lines) this.print(line);
  }

  /** A text of the result, as it is, so that it can be written to a file and back. */
  printText(text: string): void {
    const isCut = this.#out.isTTY === true && text !== '' && !text.endsWith('\n');
    this.#out.write(isCut ? `${text}\n` : text);
  }

  /** A line of the result for programs. */
  printJson(value: unknown): void {
    this.#out.write(`${JSON.stringify(value as Json)}\n`);
  }

  /** A line for the person watching, which is no part of the result. */
  note(line: string): void {
    this.#err.write(`${line}\n`);
  }

  /** What the mesh or the relay does that nobody asked about: shown when it may matter to people. */
  get log(): Log {
    return (level, message) => {
      if (level === 'warn' || level === 'error') this.note(`${level}: ${message}`);
    };
  }

  /** Writes over the current line of standard error. */
  overwrite(line: string): void {
    this.#err.write(`\r\u001b[2K${line}`);
  }

  paint(style: Style, text: string): string {
    if (!this.#colors) return text;
    const [on, off] = CODES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }
}
