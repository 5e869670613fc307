import { Worker } from 'node:worker_threads';
import { MnemeshError } from '@mnemesh/protocol';
import type { Compaction, CompactionInput, Compactor } from './compaction.js';

export interface CompactionRequest {
  readonly id: number;
  readonly input: CompactionInput;
}

export type CompactionReply =
  | { readonly id: number; readonly compaction: Compaction }
  | { readonly id: number; readonly error: string };

interface Waiting {
  readonly resolve: (compaction: Compaction) => void;
  readonly reject: (error: Error) => void;
}

/** Compactions under way or waiting, over all meshes; each holds one whole document. */
const WAITING_COMPACTIONS = 16;

/** Built files only: a worker cannot load TypeScript. From the sources, the build beside them serves. */
const WORKER_FILE = import.meta.url.endsWith('.ts')
  ? new URL('../dist/compaction-worker.js', import.meta.url)
  : new URL('./compaction-worker.js', import.meta.url);

/** Compacts in a worker thread, which starts with the first compaction and is replaced if it dies. */
export function workerCompactor(): Compactor {
  return new WorkerCompactor();
}

class WorkerCompactor implements Compactor {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closing: Promise<void> | undefined;

  compact(input: CompactionInput): Promise<Compaction> {
    if (this.#closing !== undefined) {
      return Promise.reject(new MnemeshError('closed', 'The compactor is closed.'));
    }
    if (this.#waiting.size >= WAITING_COMPACTIONS) {
      return Promise.reject(new MnemeshError('overloaded', 'Too many compactions wait.'));
    }
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const request: CompactionRequest = { id, input };
      this.#start().postMessage(request);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
    this.#rejectAll('The compactor was closed.');
  }

  #start(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    // Without this process's flags: the worker loads built files, whatever loads this one.
    const worker = new Worker(WORKER_FILE, { execArgv: [] });
    worker.on('message', (reply: CompactionReply) => this.#settle(reply));
    worker.on('error', (error: Error) => this.#lost(worker, error.message));
    worker.on('exit', () => this.#lost(worker, 'The compaction worker ended.'));
    this.#worker = worker;
    return worker;
  }

  #settle(reply: CompactionReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if ('error' in reply) waiting?.reject(new Error(reply.error));
    else waiting?.resolve(reply.compaction);
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
