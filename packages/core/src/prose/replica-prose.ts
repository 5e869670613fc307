import type { Guid, Runtime, SessionId } from '@mnemesh/protocol';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';
import { freshClientId } from '../identity.js';
import { SerialQueue } from '../serial-queue.js';
import type { ProseHandle } from './prose-handle.js';
import type { ProseLimits } from './prose-limits.js';
import type { HeldTextSurroundings } from './prose-source.js';
import { ProseTexts, type TextsSurroundings } from './prose-texts.js';

/** Pairs of a session and a document that it began to edit. Of one that falls out it is said once more. */
const EDITING = 10_000;

/** Documents whose client id for short edits is kept. The next edit of one that falls out takes a new one. */
const CLIENTS = 10_000;

/** The prose documents of one replica: those that are open, and what recall reads of all. */
export class ReplicaProse {
  readonly texts: ProseTexts;
  readonly limits: ProseLimits;
  readonly around: HeldTextSurroundings;
  readonly #runtime: Runtime;
  readonly #listeners = new Map<Guid, Set<() => void>>();
  readonly #handles = new Set<ProseHandle>();
  readonly #editing = new Map<string, Promise<void>>();
  readonly #clients = new Map<Guid, number>();
  readonly #turns = new Map<Guid, SerialQueue>();

  constructor(around: TextsSurroundings & HeldTextSurroundings) {
    this.around = around;
    this.#runtime = around.runtime;
    this.limits = around.limits;
    this.texts = new ProseTexts(around);
  }

  /** Closed with the replica, if not before. */
  opened(handle: ProseHandle): void {
    this.#handles.add(handle);
  }

  closed(handle: ProseHandle): void {
    this.#handles.delete(handle);
  }

  /**
   * Runs one of many short edits of a text, one after another, under one Yjs client id for all of this opening: each
   * client id is kept by every replica and relay for as long as the document.
   */
  async shortly<T>({ guid }: SegmentPlace, edit: (client: number) => Promise<T>): Promise<T> {
    const turn = this.#turns.get(guid) ?? new SerialQueue();
    this.#turns.set(guid, turn);
    try {
      return await turn.run(() => {
        const client = this.#clients.get(guid) ?? freshClientId(this.#runtime);
        this.#keep(guid, client);
        return edit(client);
      });
    } catch (error) {
      // What was not saved took clocks of it, perhaps.
      this.#clients.delete(guid);
      throw error;
    } finally {
      if (turn.idle) this.#turns.delete(guid);
    }
  }

  #keep(guid: Guid, client: number): void {
    this.#clients.delete(guid);
    this.#clients.set(guid, client);
    const [oldest] = this.#clients.keys();
    if (this.#clients.size > CLIENTS) this.#clients.delete(oldest as Guid);
  }

  /** Done when it was said that a session edits this document, which is said once. */
  editing(session: SessionId, { guid }: SegmentPlace, say: () => Promise<void>): Promise<void> {
    const key = `${session} ${guid}`;
    const said = this.#editing.get(key) ?? say();
    this.#editing.set(key, said);
    said.catch(() => this.#editing.delete(key));
    const [oldest] = this.#editing.keys();
    if (this.#editing.size > EDITING) this.#editing.delete(oldest as string);
    return said;
  }

  /** Calls `listener` when a text changed, by whoever's doing, or is over. Returns a function that ends it. */
  onChange({ guid }: SegmentPlace, listener: () => void): () => void {
    const listeners = this.#listeners.get(guid) ?? new Set();
    this.#listeners.set(guid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(guid) === listeners)
        this.#listeners.delete(guid);
    };
  }

  changed({ segment }: Pick<SegmentEvent, 'segment'>): void {
    this.#tell(segment.place);
  }

  /** A document was forgotten or purged, and deleted here. */
  ended(place: SegmentPlace): void {
    this.#clients.delete(place.guid);
    this.#tell(place);
  }

  /** Resolves when all that was written into open documents so far is saved, or could not be. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.#handles].map(({ saved }) => saved));
  }

  /** Saves what open documents were written, and closes them. */
  async close(): Promise<void> {
    await Promise.all([...this.#handles].map((handle) => this.#closeOne(handle)));
    this.#listeners.clear();
    await this.texts.close();
  }

  async #closeOne(handle: ProseHandle): Promise<void> {
    try {
      await handle.close();
    } catch (error) {
      const { id } = handle;
      this.#runtime.log('warn', 'What was typed last into a document was not saved.', {
        id,
        reason: String(error),
      });
    }
  }

  #tell({ guid }: SegmentPlace): void {
    for (const listener of [...(this.#listeners.get(guid) ?? [])]) listener();
  }
}
