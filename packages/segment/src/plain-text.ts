import * as Y from 'yjs';

/** Root type of a prose document's text: a `Y.Text`, as editors bind to it. */
export const PROSE_TEXT = 'text';

/**
 * The text of a prose document, without its formatting and whatever is embedded in it. The root is read as it lies:
 * asking the document for a `Y.Text` would make it tidy up formats, and thereby write, in an instance that nobody edits.
 */
export function plainTextOf(doc: Y.Doc): string {
  const root = doc.share.get(PROSE_TEXT) as unknown as
    | { readonly _start: Y.Item | null }
    | undefined;
  const parts: string[] = [];
  for (let item = root?._start ?? null; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) parts.push(item.content.str);
  }
  return parts.join('');
}
