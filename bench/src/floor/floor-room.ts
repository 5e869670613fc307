import { join } from 'node:path';
import type { WebSocket } from 'ws';
import { applyUpdate, Doc, encodeStateAsUpdate, mergeUpdates } from 'yjs';
import { FloorLog } from './floor-log.js';
import { isEmptyUpdate, message, parseSync, STEP_1, STEP_2, UPDATE } from './y-messages.js';

const EMPTY_STATE_VECTOR = new Uint8Array([0]);

/** Forwards at once, appends beside it. Nothing of the document stays in memory. */
export class FloorRoom {
  readonly #sockets = new Set<WebSocket>();
  readonly #log: FloorLog;
  readonly #merges: boolean;
  #turn: { readonly from: WebSocket; readonly update: Uint8Array }[] = [];

  constructor(directory: string, name: string, merges: boolean) {
    this.#log = new FloorLog(join(directory, name));
    this.#merges = merges;
  }

  join(socket: WebSocket): void {
    this.#sockets.add(socket);
    socket.send(message(STEP_1, EMPTY_STATE_VECTOR));
  }

  /** @returns whether it was the last one */
  leave(socket: WebSocket): boolean {
    this.#sockets.delete(socket);
    return this.#sockets.size === 0;
  }

  receive(from: WebSocket, frame: Buffer): void {
    const sync = parseSync(frame);
    if (sync === undefined) this.#forward(from, frame);
    else if (sync.step === STEP_1) void this.#sendState(from);
    else if (!isEmptyUpdate(sync.payload)) this.#take(from, sync.payload);
  }

  saved(): Promise<void> {
    return this.#log.saved();
  }

  #take(from: WebSocket, update: Uint8Array): void {
    this.#log.append(update);
    if (!this.#merges) {
      this.#forward(from, message(UPDATE, update));
      return;
    }
    if (this.#turn.length === 0) setImmediate(() => this.#forwardTurn());
    this.#turn.push({ from, update });
  }

  /** One frame for each socket and turn; a lone writer gets nothing of its own back. */
  #forwardTurn(): void {
    const turn = this.#turn;
    this.#turn = [];
    const merged = message(UPDATE, mergeUpdates(turn.map(({ update }) => update)));
    const writers = new Set(turn.map(({ from }) => from));
    this.#forward(writers.size === 1 ? turn[0]?.from : undefined, merged);
  }

  #forward(from: WebSocket | undefined, frame: Uint8Array): void {
    for (const socket of this.#sockets) if (socket !== from) socket.send(frame);
  }

  async #sendState(socket: WebSocket): Promise<void> {
    const updates = await this.#log.read();
    const state = squash(updates);
    if (updates.length > 1) await this.#log.replace(state, updates.length);
    socket.send(message(STEP_2, state));
  }
}

function squash(updates: readonly Uint8Array[]): Uint8Array {
  const [only] = updates;
  if (only !== undefined && updates.length === 1) return only;
  const doc = new Doc();
  doc.transact(() => {
    for (const update of updates) applyUpdate(doc, update);
  });
  return encodeStateAsUpdate(doc);
}
