import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openMesh } from '@mnemesh/open-mesh';
import { serve } from '@mnemesh/server';
import { expect, onTestFinished, test } from 'vitest';
import { DRAIN_MS, drain, SEND_MS } from '../src/index.js';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mnemesh-drain-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Time that passes when the test says so. */
class Clock {
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
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** Whether this replica's store can be opened: nobody has it open any more. */
async function unackedIn(data: string): Promise<number> {
  const mesh = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  const { unacked } = mesh.status;
  await mesh.close();
  return unacked;
}

const unreachable = { mesh: 'team', agent: 'tab', relay: 'ws://127.0.0.1:9' };
const refusal = { code: 'relay_unavailable', retryable: true };

/** A mesh with a write that no relay has. */
async function written(): Promise<string> {
  const data = await temporaryDirectory();
  const mesh = await openMesh({ mesh: 'team', agent: 'tab', data, holder: 'none' });
  await mesh.memory.create({ content: 'Not sent yet.' });
  await mesh.close();
  return data;
}

test('[ND] a drain opens the mesh, has everything acked, and closes it', async () => {
  const data = await written();
  const relay = await serve({ port: 0, host: '127.0.0.1', data: await temporaryDirectory() });
  onTestFinished(() => relay.close());
  const clock = new Clock();
  const settings = { mesh: 'team', agent: 'tab', relay: relay.url };
  await drain(settings, (given) => openMesh({ ...given, data, holder: 'none' }), clock);
  expect(clock.waits).toEqual([]);

  const reader = await openMesh({
    ...settings,
    agent: 'reader',
    data: await temporaryDirectory(),
    holder: 'none',
  });
  onTestFinished(() => reader.close());
  await expect
    .poll(async () => (await reader.memory.list()).map(({ content }) => content))
    .toEqual(['Not sent yet.']);
});

test('[PR] a drain that no relay takes ends by itself, says so, and closes the mesh', async () => {
  const data = await written();
  const clock = new Clock();
  const opened = gate();
  const drained = drain(
    unreachable,
    async (given) => {
      const mesh = await openMesh({ ...given, data, holder: 'none' });
      opened.open();
      return mesh;
    },
    clock,
  );
  const refused = expect(drained).rejects.toMatchObject(refusal);
  await opened.opened;
  expect(clock.waits).toEqual([SEND_MS, DRAIN_MS]);
  clock.passTo(SEND_MS);
  await refused;
  expect(clock.waits).toEqual([]);
  expect(await unackedIn(data)).toBeGreaterThan(0);
});

test('[PR] a drain ends in time when opening takes too long, and what opens later is closed', async () => {
  const data = await written();
  const clock = new Clock();
  const [mayOpen, closed] = [gate(), gate()];
  const drained = drain(
    unreachable,
    async (given) => {
      await mayOpen.opened;
      const mesh = await openMesh({ ...given, data, holder: 'none' });
      const { close } = mesh;
      const closeAndTell = () => close().then(closed.open);
      return Object.defineProperty(mesh, 'close', { value: closeAndTell });
    },
    clock,
  );
  const refused = expect(drained).rejects.toMatchObject(refusal);
  clock.passTo(DRAIN_MS);
  await refused;
  mayOpen.open();
  await closed.opened;
  expect(await unackedIn(data)).toBeGreaterThan(0);
});

test('[PR] a drain ends in time when closing takes too long', async () => {
  const data = await written();
  const clock = new Clock();
  const [isClosing, mayClose, closed] = [gate(), gate(), gate()];
  const drained = drain(
    unreachable,
    async (given) => {
      const mesh = await openMesh({ ...given, data, holder: 'none' });
      const { close } = mesh;
      const closeLate = async () => {
        isClosing.open();
        await mayClose.opened;
        await close();
        closed.open();
      };
      clock.passTo(SEND_MS);
      return Object.defineProperty(mesh, 'close', { value: closeLate });
    },
    clock,
  );
  const refused = expect(drained).rejects.toMatchObject(refusal);
  await isClosing.opened;
  clock.passTo(DRAIN_MS);
  await refused;
  mayClose.open();
  await closed.opened;
});
