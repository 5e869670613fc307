import type { Task, Tasks } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import { isArray, isObject } from '../imports/json-value.js';
import { CHUNK_RECORDS, faultOf, written } from '../imports/outcome.js';
import { changesOfIssue } from './changes-of-issue.js';
import { type BeadsIssue, parseIssue } from './issue.js';
import { importedTask, refOf, taskId } from './task-of-issue.js';

export interface ImportReport {
  /** Lines that are not blank. */
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly unchanged: number;
  /** Tasks that somebody forgot here; they stay so. */
  readonly forgotten: number;
  /** Dependencies that the file lists. */
  readonly dependencies: number;
  readonly bad: readonly BadLine[];
  /** Dependencies on tasks that neither the file nor the mesh has. They are kept. */
  readonly dangling: readonly DanglingDependency[];
}

export interface BadLine {
  readonly line: number;
  readonly id?: string;
  readonly reason: string;
}

export interface DanglingDependency {
  readonly task: string;
  readonly type: string;
  readonly on: string;
}

interface NumberedIssue {
  readonly line: number;
  readonly issue: BeadsIssue;
}

/** Brings a beads file into `tasks`. Running it again changes only what changed in the file. */
export async function importBeads(
  tasks: Tasks,
  lines: AsyncIterable<string> | Iterable<string>,
  onProgress: (lines: number) => void = () => undefined,
): Promise<ImportReport> {
  const run = new ImportRun(tasks);
  let chunk: NumberedIssue[] = [];
  for await (const text of lines) {
    const issue = run.read(text);
    if (issue !== undefined) chunk.push(issue);
    if (chunk.length < CHUNK_RECORDS) continue;
    await run.write(chunk);
    chunk = [];
    onProgress(run.linesRead);
  }
  await run.write(chunk);
  return run.report();
}

class ImportRun {
  readonly #tasks: Tasks;
  /** Line on which each id was seen. */
  readonly #seen = new Map<string, number>();
  readonly #dependencies: DanglingDependency[] = [];
  readonly #bad: BadLine[] = [];
  readonly #counts = { lines: 0, created: 0, updated: 0, unchanged: 0, forgotten: 0 };
  #line = 0;

  constructor(tasks: Tasks) {
    this.#tasks = tasks;
  }

  get linesRead(): number {
    return this.#line;
  }

  /** Undefined for blank and bad lines; the bad ones are noted. */
  read(text: string): NumberedIssue | undefined {
    this.#line += 1;
    const line = this.#line;
    const trimmed = text.replace(/^\ufeff/, '').trim();
    if (trimmed === '') return undefined;
    this.#counts.lines += 1;
    try {
      const issue = parseIssue(trimmed);
      const earlier = this.#seen.get(issue.id);
      if (earlier !== undefined) {
        throw new MnemeshError('bad_input', `The record repeats the id of line ${earlier}.`);
      }
      this.#seen.set(issue.id, line);
      return { line, issue };
    } catch (error) {
      this.#refuse(line, undefined, error);
      return undefined;
    }
  }

  async write(chunk: readonly NumberedIssue[]): Promise<void> {
    const existing = await Promise.all(chunk.map(({ issue }) => this.#find(issue)));
    await Promise.all(
      chunk.map(async ({ line, issue }, i) => {
        try {
          this.#counts[await this.#writeOne(issue, existing[i])] += 1;
          this.#note(issue);
        } catch (error) {
          this.#refuse(line, issue.id, error);
        }
      }),
    );
  }

  /** By its ref too: the id depends on the month of creation, which a tracker may correct. */
  async #find(issue: BeadsIssue): Promise<Task | undefined> {
    const task = await this.#tasks.get(taskId(issue));
    return task ?? (await this.#tasks.getByRef(refOf(issue.id)));
  }

  async #writeOne(
    issue: BeadsIssue,
    existing: Task | undefined,
  ): Promise<'created' | 'updated' | 'unchanged' | 'forgotten'> {
    if (existing === undefined) return written(this.#tasks.import(importedTask(issue)));
    const patch = changesOfIssue(existing, issue);
    if (patch === undefined) return 'unchanged';
    await this.#tasks.updateImported(existing.id, patch);
    return 'updated';
  }

  #note({ id, all }: BeadsIssue): void {
    const list = all.dependencies;
    for (const dependency of isArray(list) ? list : []) {
      if (!isObject(dependency)) continue;
      const { type, depends_on_id: on } = dependency;
      this.#dependencies.push({ task: id, type: String(type), on: String(on) });
    }
  }

  #refuse(line: number, id: string | undefined, error: unknown): void {
    this.#bad.push({ line, ...(id === undefined ? {} : { id }), reason: faultOf(error) });
  }

  async report(): Promise<ImportReport> {
    const absent = new Set<string>();
    for (const { on } of this.#dependencies) if (!this.#seen.has(on)) absent.add(on);
    for (const on of absent) {
      if ((await this.#tasks.getByRef(refOf(on))) !== undefined) absent.delete(on);
    }
    return {
      ...this.#counts,
      dependencies: this.#dependencies.length,
      bad: this.#bad.toSorted((a, b) => a.line - b.line),
      dangling: this.#dependencies.filter(({ on }) => absent.has(on)),
    };
  }
}
