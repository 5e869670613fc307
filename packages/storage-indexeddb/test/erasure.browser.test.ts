import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeptDevice, servePage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { bytes, guid, logged, openDemo, update } from './samples.js';

/** Not found in a browser by chance, and nothing that compression shortens. */
const SECRET = 'xK9-quartz-Vm3-lantern-7Qp';

test('[DL] what was forgotten is in no file of the browser once the store was erased', async () => {
  const profile = await mkdtemp(join(tmpdir(), 'mnemesh-profile-'));
  const server = await servePage(new URL('store-page.ts', import.meta.url));
  const device = await KeptDevice.open(profile);
  try {
    const store = await openDemo(await device.open(server.url));
    await store.commit(update(SECRET));
    await store.commit(update('kept'));
    const through = (await store.document(guid))?.log[0]?.number as number;
    const snapshots = [{ guid, snapshot: bytes('without it'), through }];
    await store.commit({ snapshots, prune: [{ guid, through }] });
    expect(await holders(profile)).not.toEqual([]);
    await store.erase([guid]);
    await expect.poll(() => holders(profile), { timeout: 30_000 }).toEqual([]);
    expect(await logged(store)).toEqual(['kept']);
  } finally {
    await device.close();
    await server.close();
    await rm(profile, { recursive: true });
  }
});

/** Files of the profile that hold the secret. */
async function holders(profile: string): Promise<string[]> {
  const place = join(profile, 'Default', 'IndexedDB');
  const found: string[] = [];
  for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    // The browser deletes files while they are looked at.
    const content = await readFile(file).catch(() => Buffer.alloc(0));
    if (content.includes(SECRET)) found.push(entry.name);
  }
  return found;
}
