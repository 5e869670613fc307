import { hasCode, MnemeshError, type RecordId, type Runtime } from '@mnemesh/protocol';
import {
  type DocumentState,
  EditedProse,
  type EditorDoc,
  type EditorText,
  emptyState,
  uniteStates,
} from '@mnemesh/segment';
import { freshClientId } from '../identity.js';
import type { OpenProse, ProseChange, ReplaceOptions } from './prose-document.js';
import { tooLong } from './prose-errors.js';
import type { ProseLimits } from './prose-limits.js';
import type { ProseSource } from './prose-source.js';
import { replaceText } from './replace-text.js';

export interface HandleOptions {
  readonly id: RecordId;
  readonly source: ProseSource;
  readonly runtime: Pick<Runtime, 'randomBytes' | 'log'>;
  readonly limits: Pick<ProseLimits, 'characters'>;
  /** The last call. */
  readonly closed?: (handle: ProseHandle) => void;
}

/**
 * A Yjs document beside the replica's own, so that an editor may keep what it deleted, for its undo, and may close or
 * crash without harm. What is written into it goes to the replica's document in the order it was made; while one save
 * is on its way to the disk the next edits gather.
 */
export class ProseHandle implements OpenProse {
  readonly id: RecordId;
  readonly #options: HandleOptions;
  readonly #copy: EditedProse;
  readonly #listeners = new Set<(change: ProseChange) => void>();
  /** What of the replica's document is in `doc`. */
  #known: DocumentState = emptyState;
  #edits: Uint8Array[] = [];
  /** Edits were let go of, and why: the next save takes the whole difference. */
  #unsaved: 'too long' | 'refused' | undefined;
  #failure: MnemeshError | undefined;
  #saving: Promise<void> | undefined;
  #isStale = true;
  #pulling: Promise<void> | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(options: HandleOptions) {
    this.id = options.id;
    this.#options = options;
    const client = freshClientId(options.runtime);
    this.#copy = new EditedProse(options.id, client, (update, isOwn) =>
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
    return this.#saved().then(() => this.#options.source.acked(this.#known));
  }

  text(): string {
    return this.content.toString();
  }

  /** After `refresh`. @param client see `EditedProse.writeAs` */
  writeAs(client: number): void {
    this.#copy.writeAs(client);
  }

  replace(text: string, { base = this.text() }: ReplaceOptions = {}): void {
    replaceText(this.content, text, base);
  }

  onChange(listener: (change: ProseChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Takes in what the replica's document has beyond `doc`. @throws MnemeshError as `ProseSource.pull` */
  async refresh(): Promise<void> {
    this.#isStale = true;
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = undefined;
    });
    try {
      await this.#pulling;
    } catch (error) {
      if (hasCode(error, 'not_found') && !error.retryable) this.#end(error);
      throw error;
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Closes without saving what was written. */
  giveUp(): Promise<void> {
    this.#ended = true;
    return this.close();
  }

  async #close(): Promise<void> {
    this.#copy.detach();
    if (this.#unsaved !== undefined) this.#wake();
    while (this.#saving !== undefined) await this.#saving;
    await this.#pulling?.catch(() => undefined);
    this.#listeners.clear();
    this.#copy.destroy();
    this.#options.closed?.(this);
    if (this.#unsaved !== undefined && !this.#ended) throw this.#failure;
  }

  #changed(update: Uint8Array, isOwn: boolean): void {
    if (!isOwn) {
      this.#tell({ origin: 'remote' });
      return;
    }
    if (!this.#ended) {
      this.#edits.push(update);
      this.#wake();
    }
    this.#tell({ origin: 'local' });
  }

  #wake(): void {
    this.#saving ??= this.#save().finally(() => {
      this.#saving = undefined;
      // Written by a listener as it was told of the failure.
      if (this.#edits.length > 0 && !this.#ended) this.#wake();
    });
  }

  async #pull(): Promise<void> {
    while (this.#isStale && !this.#ended) {
      this.#isStale = false;
      const { update, state } = await this.#options.source.pull(this.#known);
      if (this.#closing !== undefined) return;
      if (update !== undefined) this.#copy.apply(update);
      this.#known = uniteStates(this.#known, state);
      if (this.#mayBeSavedNow()) this.#wake();
    }
  }

  /** Others have shortened the text, or somebody else holds the replica. What is full is asked by our own edits alone. */
  #mayBeSavedNow(): boolean {
    if (this.#unsaved === 'too long') return this.#tooLarge() === undefined;
    return this.#unsaved === 'refused' && this.#failure?.code !== 'too_large';
  }

  /** Never rejects: `failure` tells. */
  async #save(): Promise<void> {
    try {
      // Of one turn's edits one save is made.
      await Promise.resolve();
      while ((this.#edits.length > 0 || this.#unsaved !== undefined) && !this.#ended) {
        const tooLarge = this.#tooLarge();
        if (tooLarge !== undefined) {
          this.#letGo('too long', tooLarge);
          return;
        }
        await this.#saveOnce();
        if (this.#failure !== undefined) this.#fail(undefined);
      }
    } catch (error) {
      this.#letGo(
        'refused',
        error instanceof MnemeshError
          ? error
          : new MnemeshError('store_failed', 'What was typed last could not be saved.', {
              cause: error,
            }),
      );
    }
  }

  async #saveOnce(): Promise<void> {
    const { source } = this.#options;
    const updates = this.#unsaved ? [this.#copy.beyond(this.#known)] : this.#edits;
    this.#edits = [];
    this.#unsaved = undefined;
    // Whoever holds the replica now may lack what was there: then it is given all.
    const state =
      (await source.push(updates)) ?? (await source.push([this.#copy.beyond(emptyState)]));
    if (state === undefined) throw new Error('an edit does not follow on what is held');
    this.#known = uniteStates(this.#known, state);
  }

  #tooLarge(): MnemeshError | undefined {
    const { characters } = this.#options.limits;
    return this.content.length > characters ? tooLong(this.content.length, characters) : undefined;
  }

  /** The document is over: nothing is saved any more. */
  #end(failure: MnemeshError): void {
    this.#ended = true;
    this.#fail(failure);
  }

  async #saved(): Promise<void> {
    while (this.#saving !== undefined) await this.#saving;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #letGo(why: 'too long' | 'refused', failure: MnemeshError): void {
    this.#edits = [];
    this.#unsaved = why;
    this.#fail(failure);
  }

  #fail(failure: MnemeshError | undefined): void {
    this.#failure = failure;
    this.#tell({ origin: 'local' });
  }

  #tell(change: ProseChange): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(change);
      } catch (error) {
        // Saving goes on: a listener has no say in it.
        const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
        this.#options.runtime.log('error', 'A listener to a prose document threw.', {
          id: this.id,
          reason,
        });
      }
    }
  }
}
