import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMesh } from '@mnemesh/open-mesh';
import { onTestFinished } from 'vitest';

export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-drain-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Time that passes when the test says so. */
export class Clock {
  #now = 0;
  readonly #waiting = new Map<() => void, number>();

  readonly after = (ms: number, run: () => void): (() => void) => {
    this.#waiting.set(run, this.#now + ms);
    return () => this.#waiting.delete(run);
  };

  /** @returns when those that wait will have waited long enough */
  get waits(): readonly number[] {
    return [...this.#waiting.values()];
  }

  passTo(ms: number): void {
    this.#now = ms;
    for (const [run, at] of [...this.#waiting]) if (at <= ms && this.#waiting.delete(run)) run();
  }
}

/** What waits for it goes on when the test says so. */
export function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Whether this replica's store can be opened: nobody has it open any more. */
export async function unackedIn(data: string): Promise<number> {
  const mesh = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  const { unacked } = mesh.status;
  await mesh.close();
  return unacked;
}

export const unreachable = { mesh: 'team', agent: 'tab', relay: 'ws://127.0.0.1:9' };
export const refusal = { code: 'relay_unavailable', retryable: true };
