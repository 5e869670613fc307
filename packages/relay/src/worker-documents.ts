import { Worker } from 'node:worker_threads';
import { MnemeshError } from '@mnemesh/protocol';
import type { Compaction, CompactionInput, Compactor } from './compaction.js';
import type { FoldedRoom, RoomFolder } from './rooms/room-folder.js';

/** Work on whole documents, which is kept off the event loop. */
export type DocumentJob =
  | { readonly kind: 'compact'; readonly input: CompactionInput }
  | { readonly kind: 'fold'; readonly updates: readonly Uint8Array[] }
  | {
      readonly kind: 'structsBeyond';
      readonly update: Uint8Array;
      readonly vector: ReadonlyMap<number, number>;
    };

export interface DocumentRequest {
  readonly id: number;
  readonly job: DocumentJob;
}

export type DocumentReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Jobs under way or waiting, over all meshes and rooms; each holds one whole document. */
const WAITING_JOBS = 16;
/** Milliseconds without a job after which the thread ends, and gives back the memory of the documents it held. */
const IDLE_MS = 10_000;

/** Built files only: a worker cannot load TypeScript. From the sources, the build beside them serves. */
const WORKER_FILE = import.meta.url.endsWith('.ts')
  ? new URL('../dist/document-worker.js', import.meta.url)
  : new URL('./document-worker.js', import.meta.url);

/** Compacts and folds in one worker thread, which starts with the first job and is replaced if it dies. */
export function documentWorker(): Compactor & RoomFolder {
  return new WorkerDocuments();
}

class WorkerDocuments implements Compactor, RoomFolder {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  compact(input: CompactionInput): Promise<Compaction> {
    return this.#run({ kind: 'compact', input });
  }

  fold(updates: readonly Uint8Array[]): Promise<FoldedRoom> {
    return this.#run({ kind: 'fold', updates });
  }

  structsBeyond(update: Uint8Array, vector: ReadonlyMap<number, number>): Promise<Uint8Array> {
    return this.#run({ kind: 'structsBeyond', update, vector });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#end();
    this.#rejectAll('The document worker was closed.');
  }

  async #run<Result>(job: DocumentJob): Promise<Result> {
    if (this.#closing !== undefined) {
      throw new MnemeshError('closed', 'The document worker is closed.');
    }
    if (this.#waiting.size >= WAITING_JOBS) {
      throw new MnemeshError('overloaded', 'Too many documents wait to be worked on.');
    }
    clearTimeout(this.#idle);
    const id = ++this.#lastId;
    const result = new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: DocumentRequest = { id, job };
      this.#start().postMessage(request);
    });
    return (await result) as Result;
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // Without this process's flags: the worker loads built files, whatever loads this one.
    const worker = new Worker(WORKER_FILE, { execArgv: [] });
    worker.on('message', (reply: DocumentReply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#lost(worker, error.message));
    worker.on('exit', () => this.#lost(worker, 'The document worker ended.'));
    this.#worker = worker;
    return worker;
  }

  #settle(reply: DocumentReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.result);
    if (this.#waiting.size > 0) return;
    this.#idle = setTimeout(() => void this.#end(), IDLE_MS);
    this.#idle.unref();
  }

  #lost(worker: Worker, reason: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#rejectAll(reason);
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}
