import { type EditorText, stretchesOf, type TextStretch } from '@mnemesh/segment';
import { applyEdits, editsBetween, rebaseEdits, type TextEdit } from './text-edits.js';

/**
 * Writes a new text as edits of what `base` became meanwhile.
 * @param base the text that the new one was made from
 */
export function replaceText(content: EditorText, text: string, base: string): void {
  const shown = stretchesOf(content);
  const now = shown.map(({ text: part }) => part).join('');
  const own = editsBetween(base, text);
  const edits = base === now ? own : rebaseEdits(own, editsBetween(base, now));
  if (edits.length === 0) return;
  const write = (): void => {
    // From the end, so that the places before stay what they are.
    for (const edit of [...edits].reverse()) {
      for (const { at, length } of [...removedFrom(shown, edit)].reverse())
        content.delete(at, length);
      if (edit.insert !== '') content.insert(placeOf(shown, edit.at), edit.insert);
    }
  };
  if (content.doc === null) write();
  else content.doc.transact(write);
}

/** What a text would become. */
export function replacedText(now: string, text: string, base: string): string {
  const own = editsBetween(base, text);
  return applyEdits(now, base === now ? own : rebaseEdits(own, editsBetween(base, now)));
}

/** Where plain text at this offset is inserted: behind the sign before it. */
function placeOf(stretches: readonly TextStretch[], offset: number): number {
  const before = stretches.findLast(({ from }) => from < offset);
  if (before === undefined) return stretches[0]?.index ?? 0;
  return before.index + (offset - before.from);
}

function removedFrom(
  stretches: readonly TextStretch[],
  { at, remove }: TextEdit,
): readonly { readonly at: number; readonly length: number }[] {
  if (remove === 0) return [];
  return stretches.flatMap(({ text, from, index }) => {
    const begin = Math.max(from, at);
    const end = Math.min(from + text.length, at + remove);
    return end <= begin ? [] : [{ at: index + (begin - from), length: end - begin }];
  });
}
