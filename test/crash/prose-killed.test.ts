import { SeededRandom } from '@mnemesh/testing';
import { expect, test } from 'vitest';
import { startReplica, temporaryDirectory } from '../integration/place.js';
import { StockClient } from '../integration/stock-client.js';
import { crashSeed, moment } from './plans.js';
import { freePort, RelayUnderFire } from './relay-place.js';

const KILLS = 4;
/** Milliseconds from the first sign to the kill, at most. */
const TYPING_MS = 60;
const PATIENCE = { timeout: 30_000 };

/** Every number that stands on a line of its own. */
function linesOf(text: string | undefined): ReadonlySet<string> {
  return new Set((text ?? '').split('\n').filter((line) => line !== ''));
}

test('[ND] a relay that is killed with -9 loses no line of a document that it had acked', {
  timeout: 120_000,
}, async () => {
  const random = new SeededRandom(crashSeed).fork('prose');
  const place = new RelayUnderFire(await temporaryDirectory(), await freePort(random));
  await place.spawn().reported('listening');
  const writer = await startReplica(await temporaryDirectory(), 'writer', place.url);
  const { id } = await writer.prose.create({ title: 'Log' });
  await writer.acked();
  const editor = await writer.prose.open(id);
  const acked = new Set<string>();
  let line = 0;
  for (let kill = 1; kill <= KILLS; kill++) {
    let dead = false;
    const typing = (async () => {
      while (!dead) {
        const typed = String(line++);
        editor.content.insert(editor.content.length, `${typed}\n`);
        await editor.saved;
        editor.acked.then(
          () => {
            if (!dead) acked.add(typed);
          },
          () => undefined,
        );
        await moment(1);
      }
    })();
    const before = acked.size;
    await expect.poll(() => acked.size, PATIENCE).toBeGreaterThan(before);
    await moment(random.int(TYPING_MS));
    dead = true;
    const promised = [...acked];
    await place.kill();
    await typing;

    // The writer is kept away, so that it cannot bring again what the relay lost.
    writer.setOffline(true);
    await place.spawn().reported('listening');
    const client = await StockClient.join(`${place.url}/prose/team`, id);
    const held = linesOf(client.text);
    expect(promised.filter((one) => !held.has(one))).toEqual([]);
    client.leave();
    writer.setOffline(false);
  }
  await editor.acked;
  const reader = await startReplica(await temporaryDirectory(), 'reader', place.url);
  await expect.poll(async () => (await reader.prose.get(id))?.text, PATIENCE).toBe(editor.text());
  await place.kill();
});
