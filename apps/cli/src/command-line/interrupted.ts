/** Ctrl-C often arrives twice, from the terminal and from whoever started this process. */
const SAME_MS = 1000;
const INTERRUPTED = 130;

/**
 * Resolves at Ctrl-C, or when somebody asks the process to end. From then on its owner closes what is
 * open; whoever insists later ends the process at once.
 */
export function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const end = (): void => {
      first ??= performance.now();
      if (performance.now() - first > SAME_MS) process.exit(INTERRUPTED);
      resolve();
    };
    process.on('SIGINT', end).on('SIGTERM', end);
  });
}
