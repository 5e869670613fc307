import { openMesh } from '@mnemesh/open-mesh';
import { serve } from '@mnemesh/server';
import { expect, onTestFinished, test } from 'vitest';
import { DRAIN_MS, drain, SEND_MS } from '../src/index.js';
import {
  Clock,
  gate,
  refusal,
  temporaryDirectory,
  unackedIn,
  unreachable,
} from './time-and-place.js';

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
