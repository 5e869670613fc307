import { randomBytes } from 'node:crypto';
import type { LogLevel, Runtime } from '@mnemesh/protocol';

/** Milliseconds between looks at a condition. */
const LOOK_MS = 5;
/** Milliseconds after which what a test waits for is taken not to happen. */
const GIVE_UP_MS = 50_000;

/** Real time: the native connections know no other. */
export class RealRuntime implements Runtime {
  readonly logged: { readonly level: LogLevel; readonly message: string }[] = [];

  now(): number {
    return Date.now();
  }

  randomBytes(count: number): Uint8Array {
    return new Uint8Array(randomBytes(count));
  }

  after(ms: number, run: () => void): () => void {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  }

  readonly log: Runtime['log'] = (level, message) => {
    this.logged.push({ level, message });
  };

  async until(condition: () => boolean): Promise<void> {
    const start = Date.now();
    while (!condition()) {
      if (Date.now() - start > GIVE_UP_MS)
        throw new Error('What the test waits for did not happen.');
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
