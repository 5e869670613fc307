import { useEffect } from 'react';

/**
 * Escape closes the pane that is open, and gives the focus back to the list. Not while a dialog is open, which closes by
 * itself, nor when something that was typed would be lost.
 * @param close undefined while nothing is open
 */
export function useEscape(close: (() => void) | undefined): void {
  useEffect(() => {
    if (close === undefined) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape' || event.defaultPrevented || event.isComposing) return;
      if (document.querySelector('dialog[open]') !== null) return;
      const pane = document.querySelector('.pane-detail');
      if (hasDraft(event.target) || [...(pane?.querySelectorAll('*') ?? [])].some(hasDraft)) return;
      close();
      requestAnimationFrame(focusList);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [close]);
}

/** A field with text that is stored nowhere yet. React moves the default of those it controls along: they say so themselves. */
function hasDraft(element: EventTarget | null): boolean {
  if (element instanceof HTMLSelectElement) return false;
  if (!(element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement))
    return false;
  if (['range', 'radio', 'checkbox'].includes(element.type)) return false;
  return 'draft' in element.dataset || element.type === 'search'
    ? element.value.trim() !== ''
    : element.value !== element.defaultValue;
}

function focusList(): void {
  if (document.querySelector('dialog[open]') !== null) return;
  const list = document.querySelector<HTMLElement>('.pane-list [role=listbox]:not(:empty)');
  (list ?? document.querySelector<HTMLElement>('.pane-list [tabindex="0"]'))?.focus();
}
