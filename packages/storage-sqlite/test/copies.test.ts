import { cpSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { guidOf, Place, segmentBatch } from './fixtures.js';

const place = new Place();

describe('a store and its copies', () => {
  it('[ND] restored from an older copy, counts from there, so that a relay that saw more notices', async () => {
    await place.filled(segmentBatch('1'));
    const backup = `${dirname(place.file)}-backup`;
    cpSync(dirname(place.file), backup, { recursive: true });
    await place.filled(segmentBatch('2'));
    const latest = await place.open();
    const { replica, counter } = latest.opened;
    await latest.close();
    rmSync(dirname(place.file), { recursive: true });
    cpSync(backup, dirname(place.file), { recursive: true });

    const restored = await place.open();
    expect(restored.opened.replica).toBe(replica);
    expect(restored.opened.counter).toBeLessThan(counter);
    expect((await restored.documents()).map(({ guid }) => guid)).toEqual([guidOf('1')]);
  });

  it('[ND] opened on two devices, bears the same counter under another nonce', async () => {
    await place.filled(segmentBatch('1'));
    const copy = `${place.directory}/copy`;
    cpSync(dirname(place.file), `${copy}/demo`, { recursive: true });
    const here = await place.open();
    const there = await place.open({ directory: copy });
    expect(there.opened).toMatchObject({
      replica: here.opened.replica,
      counter: here.opened.counter,
    });
    expect(there.opened.nonce).not.toBe(here.opened.nonce);
  });
});
