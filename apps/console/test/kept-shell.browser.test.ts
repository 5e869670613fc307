import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, type Person, patient } from './console-bench.js';
import { type ConsoleFront, startFront } from './console-front.js';

const bench = benchConsole();

/** Opens a mesh through the front, and waits until the worker answers for the page. */
async function openKept(person: Person, { origin, relay }: ConsoleFront) {
  const page = await person.context.newPage();
  await page.goto(`${origin}/#mesh=${bench.newMesh()}&name=mira&relay=${relay}`);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  return page;
}

test.each(['hangs', 'bad gateway'] as const)(
  '[ND] the console opens with all that it holds when what stands before the relay has no page to give (%s)',
  async (health) => {
    const front = await startFront();
    const person = await bench.person();
    const page = await openKept(person, front);
    await page.evaluate(() => history.pushState(null, '', '/memory/new'));
    await page.getByLabel('What should be remembered').fill('Kept in this browser.');
    await page.getByRole('button', { name: 'Remember' }).click();
    await page.getByRole('heading', { name: 'Provenance' }).waitFor();
    front.pages = health;
    front.others = health;
    await page.goto(`${front.origin}/memory`, { timeout: 20_000 });
    await page.getByText('Kept in this browser.').waitFor(patient);
    person.forgive(/status of 502|bad HTTP response code/);
  },
);

const versions = (page: Page) => page.locator('meta[name=version]');

test('a new version of the console is there at the next start', async () => {
  const front = await startFront();
  const person = await bench.person();
  const page = await openKept(person, front);
  await front.deploy('second');
  await page.goto(`${front.origin}/memory`);
  expect(await versions(page).getAttribute('content')).toBe('second');
});

test('where the page is always late, a new version of the console is fetched behind the kept one, and is there at a start after', async () => {
  const front = await startFront();
  const person = await bench.person();
  const page = await openKept(person, front);
  await front.deploy('second');
  front.pages = 'hangs';
  await page.goto(`${front.origin}/memory`);
  expect(await versions(page).count()).toBe(0);
  // The browser looks for it some time after a start.
  const isKept = () =>
    page.evaluate(() => caches.match('/', { cacheName: 'mnemesh-shell-second' }));
  await expect.poll(isKept, patient).toBeDefined();
  const shown = async () => {
    await page.reload();
    return versions(page).count();
  };
  await expect.poll(shown, patient).toBe(1);
});

test('[ND] a person is told when the browser has no room to keep the console for offline use', async () => {
  const front = await startFront();
  const person = await bench.person();
  const page = await person.context.newPage();
  const browser = await person.context.newCDPSession(page);
  const { origin } = front;
  await browser.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: QUOTA });
  await page.goto(`${origin}/#mesh=${bench.newMesh()}&name=mira&relay=${front.relay}`);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  await page.evaluate(() => history.pushState(null, '', '/settings'));
  const storage = page.getByRole('region', { name: 'Storage' });
  await storage.getByText(/Not kept for offline use: .*no more room/).waitFor(patient);

  await browser.send('Storage.overrideQuotaForOrigin', { origin });
  await page.reload();
  await storage.getByRole('meter').waitFor(patient);
  await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
  expect(await storage.getByText('Not kept for offline use').count()).toBe(0);
});

/** Bytes: enough for an empty mesh, and not for the console's files. */
const QUOTA = 700_000;
