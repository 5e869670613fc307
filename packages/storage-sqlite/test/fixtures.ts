import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Runtime } from '@mnemesh/protocol';

export function temporaryDirectory(): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), 'mnemesh-store-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The parts of a runtime that a store uses. */
export function testRuntime(log: Runtime['log'] = () => undefined): Runtime {
  return {
    now: () => 0,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    after: () => {
      throw new Error('a store has no timers');
    },
    log,
  };
}
