import { benchInBrowser, type TestPage } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';

const bench = benchInBrowser(new URL('import-page.ts', import.meta.url));

async function pageWithMesh(): Promise<TestPage> {
  const page = await (await bench.device()).open(bench.url);
  await page.call('open', 'team');
  return page;
}

const first = [
  'draft: Ship on Friday.',
  'people: Grace',
  'people: {"name":"Ada"}',
  'settings/limits: {"tokens":5}',
  'settings/theme: dark',
];

test("every value of another program's document becomes an item, once, and the rest is reported", async () => {
  const page = await pageWithMesh();
  await page.call('program', 'first');
  const rows = await page.call('rows', 'notes');
  expect(await page.call('import', 'notes')).toEqual({
    values: 7,
    created: 5,
    superseded: 0,
    unchanged: 0,
    forgotten: 0,
    skipped: expect.arrayContaining([
      { value: 'settings/nothing', reason: 'is empty' },
      { value: 'people', reason: 'is bytes' },
    ]),
    bad: [],
  });
  expect(await page.call('current')).toEqual(first);
  const ids = await page.call('ids');
  expect(await page.call('import', 'notes')).toMatchObject({ created: 0, unchanged: 5 });
  expect(await page.call('ids')).toEqual(ids);
  // Reading adds nothing.
  expect(await page.call('rows', 'notes')).toEqual(rows);
  await page.call('close');
});

test('a second import brings what changed, knows what only moved, and lets a value return', async () => {
  const page = await pageWithMesh();
  await page.call('program', 'first');
  await page.call('import', 'notes');
  await page.call('program', 'second');
  expect(await page.call('import', 'notes')).toMatchObject({
    created: 1,
    superseded: 2,
    unchanged: 3,
  });
  expect(await page.call('current')).toEqual([
    'draft: Ship on Friday.',
    'people: Grace',
    'people: Linus',
    'people: {"born":"1815","name":"Ada"}',
    'settings/limits: {"tokens":5}',
    'settings/theme: light',
  ]);
  await page.call('program', 'back');
  expect(await page.call('import', 'notes')).toMatchObject({ created: 0, superseded: 1 });
  expect(await page.call('current')).toContain('settings/theme: dark');
  await page.call('close');
});

test('two replicas that import the same document apart have the same items', async () => {
  const page = await pageWithMesh();
  await page.call('program', 'first');
  await page.call('import', 'notes');
  const ids = await page.call('ids');
  await page.call('close');
  await page.call('open', 'other');
  await page.call('import', 'notes');
  expect(await page.call('ids')).toEqual(ids);
  await page.call('close');
});

test('[DL] what was forgotten here stays so, whatever the document says', async () => {
  const page = await pageWithMesh();
  await page.call('program', 'first');
  await page.call('import', 'notes');
  await page.call('forget', 'people: Grace');
  expect(await page.call('import', 'notes')).toMatchObject({ forgotten: 1, unchanged: 4 });
  expect(await page.call('current')).not.toContain('people: Grace');
  await page.call('close');
});

test('a database that is not there is not made, and one of something else does not hang', async () => {
  const page = await pageWithMesh();
  await expect(page.call('import', 'nowhere')).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringMatching(/no database "nowhere"/),
  });
  await page.call('createEmpty', 'other', 1);
  await expect(page.call('import', 'other')).rejects.toMatchObject({
    code: 'bad_input',
    message: expect.stringMatching(/none of y-indexeddb/),
  });
  await page.call('close');
});
