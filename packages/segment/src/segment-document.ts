import * as encoding from 'lib0/encoding';
import * as Y from 'yjs';
import { type ClockRange, type ClockRanges, normalizeRanges } from './clock-ranges.js';
import {
  type DocumentState,
  emptyState,
  stateCovers,
  subtractDeleted,
  uniteStates,
} from './document-state.js';
import type { Place } from './place.js';
import { followsOn, readUpdate, stateOf } from './update-content.js';

/** Root type of every segment: one array used as a grow-only set. */
const ROOT = 'e';

/** What one transaction did to a segment. */
export interface SegmentChange {
  /** The V1 update that carries it. */
  readonly update: Uint8Array;
  /** What the document holds by it. */
  readonly holds: DocumentState;
  readonly added: readonly { readonly place: Place; readonly element: Uint8Array }[];
  readonly removed: readonly Place[];
}

/**
 * The Yjs document of one segment. Every opened instance has a client id of its own: with a reused
 * one, a write before the stored state is loaded diverges silently for ever.
 */
export class SegmentDocument {
  readonly #doc: Y.Doc;
  readonly #elements: Y.Array<unknown>;
  #state: DocumentState = emptyState;
  /** What the last transaction did, until its update follows. */
  #did: Omit<SegmentChange, 'update'> | undefined;
  #change: SegmentChange | undefined;

  /**
   * @param clientId a fresh random 53-bit number
   * @param collect false keeps deleted content readable, for compaction's look at what was deleted
   */
  constructor(guid: string, clientId: number, collect = true) {
    this.#doc = new Y.Doc({ guid, gc: collect });
    this.#doc.clientID = clientId;
    this.#elements = this.#doc.getArray(ROOT);
    this.#watch();
  }

  get state(): DocumentState {
    return this.#state;
  }

  get doc(): Y.Doc {
    return this.#doc;
  }

  /** Applies a received V1 update, or reports that it does not follow on what is held. */
  apply(update: Uint8Array): { readonly gap: boolean; readonly change: SegmentChange | undefined } {
    const { states, change } = this.applyAll([update]);
    return { gap: states[0] === undefined, change };
  }

  /**
   * Applies V1 updates in their order, as one transaction: its cost is shared, and so is what is stored of it.
   * @returns `states`: what each update brings or repeats; undefined where it does not follow on what is held and was
   *   passed over. `change` is undefined when nothing is new.
   * @throws Error as `readUpdate` does, before anything is applied
   */
  applyAll(updates: readonly Uint8Array[]): {
    readonly states: readonly (DocumentState | undefined)[];
    readonly change: SegmentChange | undefined;
  } {
    const contents = updates.map(readUpdate);
    const states: (DocumentState | undefined)[] = [];
    const clocks = new Map(this.#state.clocks);
    this.#doc.transact(() => {
      for (const [i, content] of contents.entries()) {
        const state = followsOn({ clocks }, content) ? stateOf(content) : undefined;
        states.push(state);
        if (state === undefined) continue;
        for (const [client, clock] of state.clocks) {
          if ((clocks.get(client) ?? 0) < clock) clocks.set(client, clock);
        }
        Y.applyUpdate(this.#doc, updates[i] as Uint8Array);
      }
    });
    this.#dropPending();
    return { states, change: this.#take() };
  }

  /**
   * Fills a fresh document from a compressed V2 snapshot and V1 updates that follow on it. Nothing of it
   * counts as a change, so that nothing is encoded again.
   */
  load(snapshot: Uint8Array | undefined, updates: readonly Uint8Array[]): void {
    this.#unwatched(() => {
      if (snapshot !== undefined) Y.applyUpdateV2(this.#doc, snapshot);
      for (const update of updates) Y.applyUpdate(this.#doc, update);
    });
    this.#state = heldBy(this.#doc);
  }

  /** After `load`: applies logged updates that follow on what is held, likewise. @returns how many did not */
  replay(updates: readonly Uint8Array[]): number {
    let gaps = 0;
    this.#unwatched(() => {
      for (const update of updates) {
        const content = readUpdate(update);
        if (!followsOn(this.#state, content)) {
          gaps++;
          continue;
        }
        Y.applyUpdate(this.#doc, update);
        this.#state = uniteStates(this.#state, stateOf(content));
      }
    });
    this.#dropPending();
    return gaps;
  }

  /** One local transaction: appends elements, deletes others. Places that are gone already are passed over. */
  edit(append: readonly Uint8Array[], remove: readonly Place[]): SegmentChange | undefined {
    this.#doc.transact((transaction) => {
      if (append.length > 0) this.#elements.push(append.map(plainBytes));
      for (const place of remove) {
        if (place.clock >= Y.getState(this.#doc.store, place.client)) continue;
        const item = Y.getItem(this.#doc.store, Y.createID(place.client, place.clock)) as unknown;
        if (item instanceof Y.Item && !item.deleted) item.delete(transaction);
      }
    });
    return this.#take();
  }

  /** A local transaction on something other than the elements. */
  alter(change: (doc: Y.Doc) => void): SegmentChange | undefined {
    this.#doc.transact(() => change(this.#doc));
    return this.#take();
  }

  /** V1 update of everything beyond `known`, deletions included but none that `known` has. */
  missing(known: DocumentState): Uint8Array | undefined {
    if (stateCovers(known, this.#state)) return undefined;
    const structs = this.#structsBeyond(known);
    const deleted = subtractDeleted(this.#state, known);
    const encoder = encoding.createEncoder();
    encoding.writeUint8Array(encoder, structs);
    writeDeleted(encoder, deleted);
    return encoding.toUint8Array(encoder);
  }

  /** The whole state, V1: what travels. */
  encode(): Uint8Array {
    return Y.encodeStateAsUpdate(this.#doc);
  }

  /** The whole state, V2: what a replica stores. */
  encodeSnapshot(): Uint8Array {
    return Y.encodeStateAsUpdateV2(this.#doc);
  }

  /** Every element that is not deleted, in document order. */
  *elements(): Generator<{ readonly place: Place; readonly element: Uint8Array }> {
    for (let item = firstItem(this.#elements); item !== null; item = item.right) {
      if (!item.deleted) yield* elementsOf(item);
    }
  }

  /** Elements deleted by transactions whose content was not collected; for instances opened with `collect` false. */
  *deletedElements(): Generator<{ readonly place: Place; readonly element: Uint8Array }> {
    for (let item = firstItem(this.#elements); item !== null; item = item.right) {
      if (item.deleted) yield* elementsOf(item);
    }
  }

  destroy(): void {
    this.#doc.destroy();
  }

  #unwatched(change: () => void): void {
    this.#doc.off('afterTransaction', this.#collectChange);
    this.#doc.off('update', this.#keepChange);
    this.#doc.transact(change);
    this.#watch();
  }

  #watch(): void {
    this.#doc.on('afterTransaction', this.#collectChange);
    this.#doc.on('update', this.#keepChange);
  }

  /** Yjs' own list of changes walks through the whole array; this looks at the transaction alone. */
  readonly #collectChange = (transaction: Y.Transaction): void => {
    const clocks = new Map<number, number>();
    const deleted = new Map<number, ClockRange[]>();
    const added: { readonly place: Place; readonly element: Uint8Array }[] = [];
    const removed: Place[] = [];
    const isElement = (struct: Y.AbstractStruct): struct is Y.Item =>
      struct instanceof Y.Item && struct.parent === this.#elements && struct.parentSub === null;
    for (const [client, clock] of transaction.afterState) {
      const before = transaction.beforeState.get(client) ?? 0;
      if (clock === before) continue;
      clocks.set(client, clock);
      const structs = this.#doc.store.clients.get(client) ?? [];
      for (let i = Y.findIndexSS(structs, before); i < structs.length; i++) {
        const struct = structs[i] as Y.AbstractStruct;
        // What arrives collected already is in no delete set.
        if (struct.deleted) noteRange(deleted, client, struct.id.clock, struct.length);
        else if (isElement(struct)) added.push(...elementsOf(struct));
      }
    }
    for (const [client, items] of transaction.deleteSet.clients)
      for (const { clock, len } of items) noteRange(deleted, client, clock, len);
    Y.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
      const { client, clock } = struct.id;
      if (!isElement(struct) || clock >= (transaction.beforeState.get(client) ?? 0)) return;
      for (let i = 0; i < struct.length; i++) removed.push({ client, clock: clock + i });
    });
    this.#did = { holds: { clocks, deleted: normalizeAll(deleted) }, added, removed };
  };

  /** Follows only where the transaction did something. */
  readonly #keepChange = (update: Uint8Array): void => {
    if (this.#did === undefined) return;
    this.#state = uniteStates(this.#state, this.#did.holds);
    this.#change = { update, ...this.#did };
    this.#did = undefined;
  };

  /**
   * Structs that wait for each other pass the check for gaps, and would wait in memory for ever.
   * No Yjs document makes such an update; what of it could be applied stays.
   */
  #dropPending(): void {
    this.#doc.store.pendingStructs = null;
    this.#doc.store.pendingDs = null;
  }

  #take(): SegmentChange | undefined {
    const change = this.#change;
    this.#change = undefined;
    this.#did = undefined;
    return change;
  }

  /**
   * The structs of `encodeStateAsUpdate` without its delete set, which is always the whole one.
   * A V1 update is structs ‖ delete set, so the tail is cut by the length of our own encoding of it.
   */
  #structsBeyond(known: DocumentState): Uint8Array {
    const update = Y.encodeStateAsUpdate(this.#doc, encodeStateVector(known.clocks));
    const tail = encoding.createEncoder();
    const all = Y.createDeleteSetFromStructStore(this.#doc.store).clients;
    writeDeleted(
      tail,
      new Map(
        [...all].map(([client, items]) => [
          client,
          items.map(({ clock, len }) => ({ from: clock, to: clock + len })),
        ]),
      ),
    );
    return update.subarray(0, update.length - encoding.length(tail));
  }
}

/** Yjs refuses subclasses of Uint8Array such as Node's Buffer. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);
}

function heldBy(doc: Y.Doc): DocumentState {
  const clocks = new Map<number, number>();
  for (const client of doc.store.clients.keys()) clocks.set(client, Y.getState(doc.store, client));
  const deleted = new Map<number, ClockRanges>();
  for (const [client, items] of Y.createDeleteSetFromStructStore(doc.store).clients) {
    const ranges = items.map(({ clock, len }) => ({ from: clock, to: clock + len }));
    deleted.set(client, normalizeRanges(ranges));
  }
  return { clocks, deleted };
}

function noteRange(
  ranges: Map<number, ClockRange[]>,
  client: number,
  clock: number,
  length: number,
): void {
  const own = ranges.get(client);
  const range = { from: clock, to: clock + length };
  if (own === undefined) ranges.set(client, [range]);
  else own.push(range);
}

function normalizeAll(
  ranges: ReadonlyMap<number, readonly ClockRange[]>,
): ReadonlyMap<number, ClockRanges> {
  return new Map([...ranges].map(([client, own]) => [client, normalizeRanges(own)]));
}

function firstItem(array: Y.Array<unknown>): Y.Item | null {
  return (array as unknown as { readonly _start: Y.Item | null })._start;
}

function* elementsOf(
  item: Y.Item,
): Generator<{ readonly place: Place; readonly element: Uint8Array }> {
  let offset = 0;
  for (const value of item.content.getContent()) {
    const place = { client: item.id.client, clock: item.id.clock + offset++ };
    // What is not bytes was not written by us; an empty element counts as malformed downstream.
    yield { place, element: value instanceof Uint8Array ? value : new Uint8Array(0) };
  }
}

function encodeStateVector(clocks: ReadonlyMap<number, number>): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, clocks.size);
  for (const [client, clock] of clocks) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, clock);
  }
  return encoding.toUint8Array(encoder);
}

/** Delete set of update format V1, clients descending as Yjs writes it. */
function writeDeleted(
  encoder: encoding.Encoder,
  deleted: ReadonlyMap<number, readonly { readonly from: number; readonly to: number }[]>,
): void {
  encoding.writeVarUint(encoder, deleted.size);
  for (const [client, ranges] of [...deleted].sort((a, b) => b[0] - a[0])) {
    encoding.writeVarUint(encoder, client);
    encoding.writeVarUint(encoder, ranges.length);
    for (const { from, to } of ranges) {
      encoding.writeVarUint(encoder, from);
      encoding.writeVarUint(encoder, to - from);
    }
  }
}
