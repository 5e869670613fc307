import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { nearest } from '../src/command-line/nearest.js';
import { type Progress, withProgress } from '../src/command-line/progress.js';
import { Terminal } from '../src/command-line/terminal.js';

interface Screen {
  readonly terminal: Terminal;
  readonly out: string[];
  readonly err: string[];
}

function screen(
  options: { readonly isTTY?: boolean; readonly env?: Record<string, string> } = {},
): Screen {
  const [out, err]: [string[], string[]] = [[], []];
  const stream = (lines: string[]) => ({
    write: (text: string) => lines.push(text),
    isTTY: options.isTTY ?? false,
  });
  const streams = { out: stream(out), err: stream(err) };
  return { terminal: new Terminal({ ...streams, json: false, env: options.env ?? {} }), out, err };
}

describe('work that takes over a second', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** Starts work that ends when told to. */
  function begin({ terminal }: Screen): { readonly progress: Progress; end(): Promise<void> } {
    let progress: Progress | undefined;
    let finish = (): void => undefined;
    const working = withProgress(terminal, 'Importing', (given) => {
      progress = given;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    });
    return {
      progress: progress as unknown as Progress,
      end: () => {
        finish();
        return working;
      },
    };
  }

  test('says on standard error what it is at, and nothing before', async () => {
    const at = screen();
    const { progress, end } = begin(at);
    progress.done('500 lines');
    vi.advanceTimersByTime(999);
    expect(at.err).toEqual([]);
    vi.advanceTimersByTime(1);
    progress.done('1000 lines');
    vi.advanceTimersByTime(1000);
    await end();
    vi.advanceTimersByTime(5000);
    expect(at.err).toEqual(['Importing: 500 lines\n', 'Importing: 1000 lines\n']);
    expect(at.out).toEqual([]);
  });

  test('writes over its line where somebody watches, and clears it at the end', async () => {
    const at = screen({ isTTY: true });
    const { end } = begin(at);
    vi.advanceTimersByTime(1000);
    await end();
    expect(at.err).toEqual(['\r\u001b[2KImporting …', '\r\u001b[2K']);
  });
});

test('colors appear on a terminal only, and not where NO_COLOR is set', () => {
  expect(screen().terminal.paint('red', 'x')).toBe('x');
  expect(screen({ isTTY: true, env: { NO_COLOR: '1' } }).terminal.paint('red', 'x')).toBe('x');
  expect(screen({ isTTY: true }).terminal.paint('red', 'x')).toBe('\u001b[31mx\u001b[39m');
});

test.each([
  ['recal', 'recall'],
  ['remembr', 'remember'],
  ['wacth', 'watch'],
  ['exp', 'export'],
  ['zebra', undefined],
])('"%s" was probably meant to be %s', (typed, meant) => {
  expect(nearest(typed, ['recall', 'remember', 'watch', 'export', 'status'])).toBe(meant);
});
