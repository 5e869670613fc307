import { SeededRandom, SimulatedRuntimes, SimulatedTime } from '@mnemesh/testing';
import * as Y from 'yjs';
import {
  inlineRoomFolder,
  openSqliteRoomLog,
  type RoomFolder,
  type RoomLimits,
  type RoomLog,
  Rooms,
  type StoredRoom,
} from '../../src/index.js';
import { temporaryDirectory } from '../fixtures.js';
import { RoomClient } from './room-client.js';

type Call = 'read' | 'base' | 'append' | 'putBase' | 'fold' | 'structsBeyond';

/** Rooms on a SQLite log in a temporary directory, in virtual time. */
export class RoomsBench {
  readonly time = new SimulatedTime();
  /** Calls that wait for `release`, and calls that are refused once. */
  readonly hold = new Set<Call>();
  readonly fail = new Set<Call>();
  readonly calls: Call[] = [];
  readonly directory: string;
  readonly #runtimes = new SimulatedRuntimes(this.time, new SeededRandom('rooms'));
  readonly #remove: () => void;
  readonly #limits: Partial<RoomLimits>;
  #held: (() => void)[] = [];
  rooms!: Rooms;
  log!: RoomLog;

  private constructor(limits: Partial<RoomLimits>) {
    const { directory, remove } = temporaryDirectory();
    this.directory = directory;
    this.#remove = remove;
    this.#limits = limits;
  }

  static async start(limits: Partial<RoomLimits> = {}): Promise<RoomsBench> {
    const bench = new RoomsBench(limits);
    await bench.#begin();
    return bench;
  }

  /** Lets everything happen that happens within a few commits. */
  async settle(ms = 200): Promise<void> {
    await this.time.advance(ms);
  }

  client(document?: Y.Doc): RoomClient {
    return new RoomClient((run) => this.time.after(0, run), document);
  }

  /** A client that has joined, and is synced. */
  async join(name = 'room', document?: Y.Doc): Promise<RoomClient> {
    const client = this.client(document).join(this.rooms, name);
    await this.settle(10);
    return client;
  }

  /** The room as its store has it. */
  async stored(name = 'room'): Promise<Y.Doc> {
    const document = new Y.Doc();
    const base = await this.log.base(name);
    if (base !== undefined) Y.applyUpdate(document, base.update);
    for (const { update } of (await this.rows(name)).rows) Y.applyUpdate(document, update);
    return document;
  }

  async rows(name = 'room'): Promise<StoredRoom> {
    return (await this.log.read(name)) ?? { base: undefined, rows: [] };
  }

  /** Lets what is held go on, and all that comes later through. */
  release(): void {
    this.hold.clear();
    for (const go of this.#held.splice(0)) go();
  }

  async restart(): Promise<void> {
    await this.#end();
    await this.#begin();
  }

  async close(): Promise<void> {
    this.release();
    await this.#end();
    this.#remove();
  }

  /** Timers that the rooms have set and not ended. */
  get timers(): number {
    return this.time.waiting;
  }

  async #begin(): Promise<void> {
    const runtime = this.#runtimes.start('relay');
    this.log = await openSqliteRoomLog({ directory: this.directory });
    this.rooms = new Rooms({
      log: this.#faulty(this.log),
      runtime,
      folder: this.#faultyFolder(),
      limits: this.#limits,
      afterTurn: (run) => runtime.after(0, run),
    });
  }

  async #end(): Promise<void> {
    await this.time.complete(this.rooms.close());
    await this.log.close();
  }

  /** The same log, with a test's faults between it and the rooms. */
  #faulty(log: RoomLog): RoomLog {
    return {
      read: (room) => this.#call('read', () => log.read(room)),
      base: (room) => this.#call('base', () => log.base(room)),
      append: (rows) => this.#call('append', () => log.append(rows)),
      putBase: (room, base) => this.#call('putBase', () => log.putBase(room, base)),
      rooms: () => log.rooms(),
      close: () => log.close(),
    };
  }

  #faultyFolder(): RoomFolder {
    return {
      fold: (updates) => this.#call('fold', () => inlineRoomFolder.fold(updates)),
      structsBeyond: (update, vector) =>
        this.#call('structsBeyond', () => inlineRoomFolder.structsBeyond(update, vector)),
    };
  }

  async #call<T>(call: Call, run: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    // What is read is of now, whenever its answer arrives.
    const early = call === 'read' || call === 'base' ? run() : undefined;
    if (this.hold.has(call)) await new Promise<void>((go) => this.#held.push(go));
    if (this.fail.delete(call)) throw new Error('the disk is full');
    return early ?? run();
  }
}
