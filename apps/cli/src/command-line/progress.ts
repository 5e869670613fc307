import type { Terminal } from './terminal.js';

/** Work that takes less than this says nothing of itself. */
const QUIET_MS = 1000;
const REFRESH_MS = 500;

export interface Progress {
  /** What has been done so far, for whoever watches. */
  done(text: string): void;
}

/** Runs `work`; while it takes over a second, standard error says what it is at. */
export async function withProgress<T>(
  terminal: Terminal,
  label: string,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  let text = '';
  let shown: string | undefined;
  const show = (): void => {
    const line = text === '' ? `${label} …` : `${label}: ${text}`;
    if (line === shown) return;
    if (terminal.interactive) terminal.overwrite(line);
    else terminal.note(line);
    shown = line;
  };
  let refresh: ReturnType<typeof setInterval> | undefined;
  const begin = setTimeout(() => {
    show();
    refresh = setInterval(show, REFRESH_MS);
  }, QUIET_MS);
  try {
    return await work({
      done: (what) => {
        text = what;
      },
    });
  } finally {
    clearTimeout(begin);
    clearInterval(refresh);
    if (shown !== undefined && terminal.interactive) terminal.overwrite('');
  }
}
