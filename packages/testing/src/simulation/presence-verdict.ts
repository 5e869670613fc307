import type { Device } from './device.js';
import { BrokenPromise } from './oracle.js';
import type { World } from './world.js';

/** A killed session is forgotten 45 s after its last sign of life; passing that on takes a moment. */
const FORGOTTEN_MS = 60_000;

/** Everybody sees every session that is open, with the last it said, and none that left or was killed. */
export async function judgePresence(world: World): Promise<void> {
  await world.time.advance(FORGOTTEN_MS);
  const open = world.devices.flatMap(({ sessions }) =>
    sessions.map(({ mesh, number }) => `${mesh.session} ${number}`),
  );
  for (const device of world.devices) {
    const seen = await seenBy(world, device);
    const missing = open.find((session) => !seen.includes(session));
    if (missing !== undefined)
      throw new BrokenPromise('PR', `${device.name} does not see the session ${missing}`);
    const gone = seen.find((session) => !open.includes(session));
    if (gone !== undefined)
      throw new BrokenPromise('PR', `${device.name} still sees the session ${gone}`);
  }
}

async function seenBy(world: World, { sessions }: Device): Promise<readonly string[]> {
  const [first] = sessions;
  if (first === undefined) return [];
  const seen = await world.time.complete(first.mesh.presence.list());
  return seen.map(({ session, status }) => `${session} ${status}`);
}
