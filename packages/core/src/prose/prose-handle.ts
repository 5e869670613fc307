import { MnemeshError, type RecordId, type Runtime } from '@mnemesh/protocol';
import {
  type DocumentState,
  EditedProse,
  type EditorDoc,
  type EditorText,
  emptyState,
  uniteStates,
} from '@mnemesh/segment';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import { freshClientId } from '../identity.js';
import type { OpenProse, ProseChange, ReplaceOptions } from './prose-document.js';
import type { ProseLimits } from './prose-limits.js';
import { replaceText } from './replace-text.js';

export interface HandleSurroundings {
  readonly runtime: Runtime;
  readonly segments: Segments;
  readonly limits: ProseLimits;
  /** Resolves when the relay durably holds this state. */
  readonly acked: (place: SegmentPlace, state: DocumentState) => Promise<void>;
  /** Called once, before the first edit is saved. */
  readonly editing: () => Promise<void>;
  readonly closed: (handle: ProseHandle) => void;
}

/**
 * A Yjs document beside the replica's own, so that an editor may keep what it deleted, for its undo, and may close or
 * crash without harm. What is written into it goes to the replica's document in the order it was made; while one save
 * is on its way to the disk the next edits gather.
 */
export class ProseHandle implements OpenProse {
  readonly id: RecordId;
  readonly #around: HandleSurroundings;
  readonly #place: SegmentPlace;
  readonly #copy: EditedProse;
  readonly #listeners = new Set<(change: ProseChange) => void>();
  /** What of the replica's document is in `doc`. */
  #known: DocumentState = emptyState;
  #edits: Uint8Array[] = [];
  /** Edits were let go of: the next save takes the whole difference. */
  #skipped = false;
  #failure: MnemeshError | undefined;
  #saving: Promise<void> | undefined;
  #isStale = true;
  #pulling: Promise<void> | undefined;
  #announced: Promise<void> | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(id: RecordId, place: SegmentPlace, around: HandleSurroundings) {
    this.id = id;
    this.#place = place;
    this.#around = around;
    const client = freshClientId(around.runtime);
    this.#copy = new EditedProse(place.guid, client, (update, isOwn) =>
      this.#changed(update, isOwn),
    );
  }

  get doc(): EditorDoc {
    return this.#copy.doc;
  }

  get content(): EditorText {
    return this.#copy.content;
  }

  get failure(): MnemeshError | undefined {
    return this.#failure;
  }

  get saved(): Promise<void> {
    return this.#saved();
  }

  get acked(): Promise<void> {
    return this.#saved().then(() => this.#around.acked(this.#place, this.#known));
  }

  text(): string {
    return this.content.toString();
  }

  replace(text: string, { base = this.text() }: ReplaceOptions = {}): void {
    replaceText(this.content, text, base);
  }

  onChange(listener: (change: ProseChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in what the replica's document has beyond `doc`. */
  async refresh(): Promise<void> {
    this.#isStale = true;
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
    });
    await this.#pulling;
  }

  /** The document is over: nothing is saved any more. */
  end(failure: MnemeshError): void {
    this.#ended = true;
    this.#fail(failure);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#copy.detach();
    await this.#saving;
    await this.#pulling?.catch(() => undefined);
    this.#listeners.clear();
    this.#copy.destroy();
    this.#around.closed(this);
  }

  #changed(update: Uint8Array, isOwn: boolean): void {
    if (!isOwn) {
      this.#tell({ origin: 'remote' });
      return;
    }
    if (!this.#ended) {
      this.#edits.push(update);
      this.#saving ??= this.#save().finally(() => {
        this.#saving = undefined;
      });
    }
    this.#tell({ origin: 'local' });
  }

  async #pull(): Promise<void> {
    while (this.#isStale && !this.#ended) {
      this.#isStale = false;
      const { update, state } = await this.#around.segments.missing(this.#place, this.#known);
      if (this.#closing !== undefined) return;
      if (update !== undefined) this.#copy.apply(update);
      this.#known = uniteStates(this.#known, state);
    }
  }

  /** Never rejects: `failure` tells. */
  async #save(): Promise<void> {
    try {
      // Of one turn's edits one save is made.
      this.#announced ??= this.#around.editing();
      await this.#announced;
      while (this.#edits.length > 0 && !this.#ended) {
        const tooLarge = this.#tooLarge();
        if (tooLarge !== undefined) {
          this.#edits = [];
          this.#skipped = true;
          this.#fail(tooLarge);
          return;
        }
        await this.#saveOnce();
        if (this.#failure !== undefined) this.#fail(undefined);
      }
    } catch (error) {
      this.#edits = [];
      this.#skipped = true;
      this.#announced = undefined;
      this.#fail(
        error instanceof MnemeshError
          ? error
          : new MnemeshError('store_failed', 'What was typed last could not be saved.', {
              cause: error,
            }),
      );
    }
  }

  async #saveOnce(): Promise<void> {
    const { segments } = this.#around;
    const updates = this.#skipped ? [this.#copy.beyond(this.#known)] : this.#edits;
    this.#edits = [];
    this.#skipped = false;
    const { states, saved } = await segments.use(this.#place, (segment) =>
      segment.receive(updates, 'local'),
    );
    for (const state of states) {
      if (state === undefined) throw new Error('an edit does not follow on what is held');
      this.#known = uniteStates(this.#known, state);
    }
    await saved;
  }

  #tooLarge(): MnemeshError | undefined {
    const { limits, segments } = this.#around;
    if (this.content.length > limits.characters) return tooLong(this.content.length, limits);
    if (segments.heads.bytesOf(this.#place.guid) <= limits.storedBytes) return undefined;
    return new MnemeshError(
      'too_large',
      `This document takes more than ${limits.storedBytes} bytes with its history. Go on in a new one.`,
    );
  }

  async #saved(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #fail(failure: MnemeshError | undefined): void {
    this.#failure = failure;
    this.#tell({ origin: 'local' });
  }

  #tell(change: ProseChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }
}

export function tooLong(characters: number, limits: ProseLimits): MnemeshError {
  return new MnemeshError(
    'too_large',
    `A prose document has at most ${limits.characters} characters, and this would have ${characters}. Split it.`,
  );
}
