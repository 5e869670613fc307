import { randomBytes } from 'node:crypto';
import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

const text = (bytes: number): string => randomBytes(bytes / 2).toString('hex');

/** The store is opened again by itself, which takes as long as the machine is busy. */
const PATIENT = { timeout: 30_000 };

/** What a person is told. */
interface Told {
  readonly storeError?: string;
  readonly room?: { readonly level: string; readonly advice?: string; readonly kept?: boolean };
}

const told = (page: TestPage): Promise<Told> => page.call<Told>('status');

test('[ND] a mesh changes how it is stored, and back, without losing anything', async () => {
  const page = await (await bench.device()).open(bench.url);
  for (const storage of ['indexeddb', 'y-indexeddb', 'indexeddb', 'y-indexeddb']) {
    const before = await page.call<string[]>('openStored', storage).then(() => contents(page));
    const added = `In ${storage} after ${before.length}.`;
    await page.call('remember', added);
    expect(await contents(page)).toEqual([...before, added].sort());
    await page.call('close');
  }
  await page.call('openStored', 'y-indexeddb');
  expect(await contents(page)).toHaveLength(4);
  await page.call('close');
});

test('[ND] a mesh of the first format opens with all that it held, goes on, and is of the newest format from then on', async () => {
  const page = await (await bench.device()).open(bench.url);
  const database = 'mnemesh/team/1';
  await page.call('open');
  await page.call('remember', 'The ferry leaves from pier four.');
  await page.call('remember', 'The parrot belongs to Ana.');
  const task = await page.call('addTask', 'Paint the ferry');
  await page.call('setPriority', task, 3);
  await page.call('close');
  const newest = await page.call<object>('formatOf', database);
  const rows = await page.call<object>('rows', database);
  // The second format added marks of who has the store.
  await page.call('rebuildAs', database, 1, ['fence']);
  expect(await page.call('formatOf', database)).toMatchObject({ version: 1 });

  await page.call('open');
  expect(await page.call('formatOf', database)).toEqual(newest);
  expect(await page.call('rows', database)).toEqual({ ...rows, fence: 1 });
  const held = ['The ferry leaves from pier four.', 'The parrot belongs to Ana.'];
  expect(await contents(page)).toEqual(held);
  expect(await page.call('task', task)).toEqual({ title: 'Paint the ferry', priority: 3 });
  const hits = await page.call<{ readonly text: string }[]>('recall', 'whose parrot');
  expect(hits[0]?.text).toBe('The parrot belongs to Ana.');
  await page.call('remember', 'The ferry is green.');
  await page.call('close');
  await page.call('open');
  expect(await contents(page)).toEqual(['The ferry is green.', ...held]);
  await page.call('close');
});

test('a mesh is not opened in a storage that there is not', async () => {
  const page = await (await bench.device()).open(bench.url);
  await expect(page.call('openStored', 'floppy')).rejects.toMatchObject({ code: 'bad_input' });
});

test.each(['indexeddb', 'y-indexeddb'])(
  '[ND] when the browser has no more room nothing is called saved that is not, a person is told, and writing goes on in the same page (%s)',
  async (storage) => {
    const device = await bench.device();
    const page = await device.open(bench.url);
    const session = await page.page.context().newCDPSession(page.page);
    const origin = new URL(bench.url).origin;
    const quota = (quotaSize?: number) =>
      session.send('Storage.overrideQuotaForOrigin', {
        origin,
        ...(quotaSize === undefined ? {} : { quotaSize }),
      });
    await quota(3_000_000);
    await page.call('openStored', storage);
    const saved: string[] = [];
    let failure: unknown;
    for (let n = 0; n < 200 && failure === undefined; n++) {
      const content = `${n} ${text(20_000)}`;
      failure = await page.call('remember', content).then(
        () => void saved.push(content),
        (error) => error,
      );
    }
    expect(failure).toMatchObject({
      code: 'store_failed',
      message: expect.stringMatching(/no more room for this site.*everything saved before is kept/),
    });
    await expect
      .poll(() => advice(page), PATIENT)
      .toMatch(/no more room|Free space on this device/);

    await quota();
    await expect.poll(() => goesOn(page), PATIENT).toBe('saved');
    expect(await contents(page)).toEqual([...saved, 'Goes on.'].sort());
    await expect.poll(async () => (await told(page)).storeError, PATIENT).toBeUndefined();
    await page.call('close');
    await page.call('openStored', storage);
    expect(await contents(page)).toEqual([...saved, 'Goes on.'].sort());
    await page.call('close');
  },
);

test('[ND] a write to a document that is deleted underneath is refused to whoever wrote, and what was shown before stays', async () => {
  const page = await (await bench.device()).open(bench.url);
  await page.call('openStored', 'y-indexeddb');
  await page.call('remember', 'Saved.');
  const names = await page.call<string[]>('databases');
  for (const name of names.filter((one) => one.startsWith('mnemesh.documents/')))
    await page.call('deleteDatabase', name);
  await expect(page.call('remember', 'Lost.')).rejects.toMatchObject({ code: 'store_failed' });
  expect(await contents(page)).toEqual(['Saved.']);
  await expect.poll(() => goesOn(page), PATIENT).toBe('saved');
  expect(await contents(page)).toEqual(['Goes on.', 'Saved.']);
  await page.call('close');
  await page.call('openStored', 'y-indexeddb');
  expect(await contents(page)).toEqual(['Goes on.', 'Saved.']);
  await page.call('close');
});

/** Of the store that failed, or of the one that was opened in its place. */
async function advice(page: TestPage): Promise<string> {
  const { storeError, room } = await told(page);
  return `${storeError} ${room?.advice}`;
}

/** The store is opened again by itself; until then writes are refused. */
function goesOn(page: TestPage): Promise<string> {
  return page.call('remember', 'Goes on.').then(
    () => 'saved',
    (error) => String(error.code),
  );
}

async function contents(page: TestPage): Promise<string[]> {
  return page.call<string[]>('contents');
}
