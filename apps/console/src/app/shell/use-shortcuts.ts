import { useEffect } from 'react';
import { views } from './views.js';

/** Milliseconds within which the second key follows `g`. */
const SECOND_KEY_MS = 1_200;

interface Shortcuts {
  go(path: string): void;
  openPalette(): void;
  openHelp(): void;
  toggleOffline(): void;
}

/** Keys that work in every view, as long as nobody types and no dialog is open. */
export function useShortcuts({ go, openPalette, openHelp, toggleOffline }: Shortcuts): void {
  useEffect(() => {
    let awaitsSecond = 0;
    const onKey = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key === 'k') {
        event.preventDefault();
        openPalette();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || isTaken(event.target)) return;
      if (performance.now() < awaitsSecond) {
        awaitsSecond = 0;
        const view = views.find(({ key }) => key === event.key);
        if (view !== undefined) {
          event.preventDefault();
          go(view.path);
          return;
        }
      }
      switch (event.key) {
        case 'g':
          awaitsSecond = performance.now() + SECOND_KEY_MS;
          return;
        case '/':
          event.preventDefault();
          focusSearch(go);
          return;
        case '?':
          openHelp();
          return;
        case 'n':
          pressNew(event);
          return;
        case 'O':
          toggleOffline();
          return;
      }
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [go, openPalette, openHelp, toggleOffline]);
}

function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector('dialog[open]') !== null) return true;
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select'))
  );
}

/** The search of the view, or else that of the memory. */
function focusSearch(go: (path: string) => void): void {
  const search = document.querySelector<HTMLInputElement>('[data-search]');
  if (search !== null) search.focus();
  else go('/memory?focus=search');
}

function pressNew(event: KeyboardEvent): void {
  const button = document.querySelector<HTMLElement>('[data-new]');
  if (button === null) return;
  event.preventDefault();
  button.click();
}
