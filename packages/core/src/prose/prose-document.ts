import type { AgentId, MnemeshError, RecordId } from '@mnemesh/protocol';
import type { EditorDoc, EditorText } from '@mnemesh/segment';
import * as v from 'valibot';
import type {
  Collection,
  CollectionChange,
  CreateOptions,
  RecordView,
} from '../collections/collection.js';
import { defineCollection, setOfAuthors } from '../collections/schema.js';
import type { Write } from '../write.js';

/** The record of a prose document. Its text is a Yjs document of its own; see `proseSegment`. */
export const proseDefinition = defineCollection({
  name: 'prose',
  namespace: 'shared/prose',
  stateField: 'title',
  fields: {
    title: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(300)),
    pinned: v.optional(v.boolean()),
    editors: setOfAuthors,
  },
  writeOnce: ['editors'],
  // Title and text are searched together, by what `ProseTexts` keeps.
  searched: [],
  refersTo: (_, { pinned }) => (pinned === true ? [{ kind: 'pin', target: '' }] : []),
});

export interface ProseInput {
  /** 1 to 300 characters. */
  readonly title: string;
  /** What it begins with. */
  readonly text?: string;
  /** Is it part of every context? */
  readonly pinned?: boolean;
}

export interface ProsePatch {
  readonly title?: string;
  readonly pinned?: boolean | null;
}

/** A document that people and agents edit together, without its text. */
export interface ProseDocument extends RecordView {
  readonly title: string;
  readonly pinned?: boolean;
  /**
   * Agents that edited the text through a replica, each with when it last began to. Of the text nothing is signed: whoever
   * may write to the mesh, or reach its relay as a plain client, may have changed it.
   */
  readonly editors: readonly { readonly agent: AgentId; readonly at: string }[];
}

export interface ProseText extends ProseDocument {
  /** Without formatting. */
  readonly text: string;
  /** False while the text has not come to this replica yet, which has asked for it. */
  readonly arrived: boolean;
  /** ISO 8601: when this replica last took in a change of the text. Absent where it never did since it was created. */
  readonly editedAt?: string;
}

export interface ReplaceOptions {
  /** The text that the new one was made from. Default: what this session read of the document last. */
  readonly base?: string;
}

/** What a copy of a text lacked, and all that the replica holds of it: a V1 update and an encoded state, as base64. */
export interface PulledText {
  readonly update?: string;
  readonly state: string;
}

/** Documents that are edited live. Everything but the text is an ordinary record, and is written as one. */
export interface Prose extends Collection<ProseDocument, ProseInput, ProsePatch> {
  in(namespace: string): Prose;
  create(input: ProseInput, options?: CreateOptions): Write<ProseDocument>;
  /** With its text, which counts as read by this session. */
  get(id: RecordId): Promise<ProseText | undefined>;
  /**
   * Edits a document live.
   * @throws MnemeshError `not_found`, `closed`
   */
  open(id: RecordId): Promise<OpenProse>;
  /**
   * Makes of the text what it says here: as few insertions and deletions as that takes, on top of what
   * others typed since `base` was read, of which nothing is lost.
   * @throws MnemeshError `not_found` (retryable while the text has not arrived), `too_large`, and `bad_input` where there
   *   is no base: read the document first
   */
  replace(id: RecordId, text: string, options?: ReplaceOptions): Write<ProseText>;
  /** Tells of a changed text, too, about a second after it changed: what is typed meanwhile is told of once. */
  watch(listener: (changes: readonly CollectionChange<ProseDocument>[]) => void): () => void;
  /** Adds to the end. @throws MnemeshError `not_found`, `too_large` */
  append(id: RecordId, text: string): Write<ProseText>;
  /** What a copy that holds `state` lacks. With `push` and `onText`, this is what `open` goes by in another process or tab. */
  pull(id: RecordId, state?: string): Promise<PulledText>;
  /** Resolves when these updates are saved, to the state that they brought; to null where they do not follow on what is held. */
  push(id: RecordId, updates: readonly string[]): Promise<string | null>;
  /** Calls `listener` soon, and after each change of a text; also when the text is over. Returns a function that ends it. */
  onText(id: RecordId, listener: (id: RecordId) => void): () => void;
}

/** Who made a change: the holder of this handle, or anybody else. */
export interface ProseChange {
  readonly origin: 'local' | 'remote';
}

/**
 * One editor's live copy of a document. Bindings of editors write to `doc` and read from it; what they write is saved and
 * synced by itself, and what others write appears in it. Undo belongs to the editor.
 */
export interface OpenProse {
  readonly id: RecordId;
  /** Of this handle alone; it has no provider and needs none. */
  readonly doc: EditorDoc;
  /** `doc.getText('text')`: what is shown, searched and given to agents. */
  readonly content: EditorText;
  /** Resolves when everything written to `doc` so far is durable on this device. Rejects with `failure`. */
  readonly saved: Promise<void>;
  /** Likewise on the relay. */
  readonly acked: Promise<void>;
  /**
   * Why what was written last is not saved: `too_large` until the text is shorter, `not_found` once the document was
   * forgotten, `store_failed`. The text stays in `doc`.
   */
  readonly failure: MnemeshError | undefined;
  /** Without formatting. */
  text(): string;
  /** As `Prose.replace`; default base: the text as it is now. Saved with `saved`. */
  replace(text: string, options?: ReplaceOptions): void;
  /** Calls `listener` after each change of the text, and when `failure` changes. Returns a function that ends it. */
  onChange(listener: (change: ProseChange) => void): () => void;
  /**
   * Saves what was written, then lets go of `doc`. Idempotent. Rejects with `failure` where that could not be saved;
   * `text()` still tells what it was.
   */
  close(): Promise<void>;
}
