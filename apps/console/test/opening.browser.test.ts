import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';

const bench = benchConsole();

test('while a mesh cannot be opened the page says so, and it opens once what was in its way is gone', async () => {
  const mesh = bench.newMesh();
  const person = await bench.person();
  const first = await person.open(bench.origin, mesh);
  await first.close();

  // A page that does not let the store go although it is to be deleted: nothing opens it meanwhile.
  const stubborn = await person.context.newPage();
  await stubborn.goto(`${bench.origin}/manifest.webmanifest`);
  await stubborn.evaluate(async (name) => {
    await new Promise<void>((resolve) => {
      indexedDB.open(name).onsuccess = () => resolve();
    });
    indexedDB.deleteDatabase(name);
  }, `mnemesh/${mesh}/1`);

  const page = await person.context.newPage();
  await page.goto(bench.origin);
  await page.getByText(`Opening ${mesh}…`).waitFor(patient);
  await page.getByText('Another tab of this site may keep it from opening').waitFor(patient);
  await stubborn.close();
  await page.getByRole('navigation', { name: 'Views' }).waitFor(patient);
  expect(await page.getByText(`Opening ${mesh}…`).count()).toBe(0);
  // The browser asks for an icon, which that page does not name.
  person.forgive(/404/);
});
