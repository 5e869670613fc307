import type { Mesh } from '@mnemesh/core';
import type { Argument, Call, Command, Flag } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import { withProgress } from '../command-line/progress.js';
import type { Terminal } from '../command-line/terminal.js';

/** What cannot be taken in, and the like, that is listed to a person; `--json` lists all of it. */
const LISTED = 20;

/** What one kind of import does; the rest is the same for all. */
export interface Importer<Report extends object> {
  readonly name: string;
  readonly summary: string;
  readonly details: string;
  readonly argument: Argument;
  readonly flags?: readonly Flag[];
  readonly example: string;
  read(call: Call, mesh: Mesh, progress: (text: string) => void): Promise<Report>;
  print(terminal: Terminal, report: Report): void;
  /** False when a part of the source could not be taken in: the exit code is 1. */
  isWhole(report: Report): boolean;
}

/** `mnemesh import NAME`: with progress, a report, and how far the records have come. */
export function importCommand<Report extends object>(importer: Importer<Report>): Command {
  const { name, summary, details, argument, flags = [], example } = importer;
  return {
    words: ['import', name],
    summary,
    details,
    arguments: [argument],
    flags: [...flags, ackedFlag],
    examples: [example],
    run: (call) =>
      withMesh(call, async (open) => {
        const { terminal } = call;
        const report = await withProgress(terminal, 'Importing', (progress) =>
          importer.read(call, open.mesh, (text) => progress.done(text)),
        );
        const reached = await finishWrite(call, open);
        if (terminal.json) terminal.printJson({ reached, ...report });
        else {
          importer.print(terminal, report);
          terminal.note(reachedText(open.mesh, reached));
        }
        return importer.isWhole(report) ? exitCodes.ok : exitCodes.failure;
      }),
  };
}

/** Tells of the first of `entries`, and how many more there are. */
export function noteSome<T>(
  terminal: Terminal,
  entries: readonly T[],
  what: string,
  textOf: (entry: T) => string,
): void {
  for (const entry of entries.slice(0, LISTED)) terminal.note(textOf(entry));
  if (entries.length > LISTED)
    terminal.note(`… and ${entries.length - LISTED} more ${what} (--json lists all)`);
}
