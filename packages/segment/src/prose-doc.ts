import * as Y from 'yjs';
import type { DocumentState } from './document-state.js';

/** A Yjs document, and its text, as bindings of editors take them. */
export type EditorDoc = Y.Doc;
export type EditorText = Y.Text;

/** Root type of a prose document's text: a `Y.Text`. */
const TEXT = 'text';
/** Root of what a document says of itself. With it a document exists at a relay, which knows no records, before anybody typed. */
const ABOUT = 'prose';

/**
 * The text of a prose document, without its formatting and whatever is embedded in it. The root is read as it lies:
 * asking the document for a `Y.Text` would make it tidy up formats, and thereby write, in an instance that nobody edits.
 */
export function plainTextOf(doc: Y.Doc): string {
  const root = doc.share.get(TEXT) as unknown as { readonly _start: Y.Item | null } | undefined;
  const parts: string[] = [];
  for (let item = root?._start ?? null; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) parts.push(item.content.str);
  }
  return parts.join('');
}

/** The first update of a prose document, V1. @param clientId a fresh random 53-bit number */
export function beginProse(text: string, clientId: number): Uint8Array {
  const doc = new Y.Doc();
  doc.clientID = clientId;
  doc.transact(() => {
    doc.getMap(ABOUT).set('form', 1);
    if (text !== '') doc.getText(TEXT).insert(0, text);
  });
  const update = Y.encodeStateAsUpdate(doc);
  doc.destroy();
  return update;
}

/** A copy of a prose document for one editor, which may keep what it deletes for as long as it likes. */
export class EditedProse {
  readonly doc: Y.Doc;
  readonly content: Y.Text;
  readonly #changed: (update: Uint8Array, isOwn: boolean) => void;

  /**
   * @param clientId a fresh random 53-bit number
   * @param changed called with the V1 update of each change; `isOwn` is false for those of `apply`
   */
  constructor(
    guid: string,
    clientId: number,
    changed: (update: Uint8Array, isOwn: boolean) => void,
  ) {
    this.doc = new Y.Doc({ guid });
    this.doc.clientID = clientId;
    this.content = this.doc.getText(TEXT);
    this.#changed = changed;
    this.doc.on('update', this.#tell);
  }

  /**
   * Goes on under a client id under which some of what is here was written. Nobody else may use it meanwhile. Not
   * before that is here: Yjs takes its arrival for a collision.
   */
  writeAs(clientId: number): void {
    this.doc.clientID = clientId;
  }

  /** Takes in what others wrote. */
  apply(update: Uint8Array): void {
    Y.applyUpdate(this.doc, update, this);
  }

  /** All of it beyond these clocks, V1, with every deletion. */
  beyond({ clocks }: DocumentState): Uint8Array {
    return Y.encodeStateAsUpdate(this.doc, Y.encodeStateVector(new Map(clocks)));
  }

  /** Tells of no change any more. */
  detach(): void {
    this.doc.off('update', this.#tell);
  }

  destroy(): void {
    this.doc.destroy();
  }

  readonly #tell = (update: Uint8Array, origin: unknown): void => {
    this.#changed(update, origin !== this);
  };
}
