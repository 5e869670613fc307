import { randomBytes } from 'node:crypto';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { benchConsole, patient } from './console-bench.js';

const bench = benchConsole();

/** Milliseconds after which the mesh looks at the room again, and those for which a refused write tells of it. */
const LOOK_MS = 61_000;
const REFUSAL_MS = 11 * 60_000;

/** Chromium tells every page the same room, whatever quota a test sets: what it tells is set here. */
async function tell(page: Page, share: number): Promise<void> {
  await page.evaluate((usage) => {
    navigator.storage.estimate = async () => ({ usage, quota: 1_000_000 });
  }, share * 1_000_000);
}

for (const [look, width] of [
  ['', 1280],
  [', on a phone', 390],
] as const) {
  test(`whoever runs out of room is told in every view what to do, until there is room again${look}`, async () => {
    const person = await bench.person({ viewport: { width, height: 800 } });
    const page = await person.context.newPage();
    await page.clock.install();
    await page.goto(`${bench.origin}/#mesh=${bench.newMesh()}&name=mira`);
    await tell(page, 0.85);
    await page.getByRole('button', { name: 'Open' }).click();
    const notice = page.getByRole('status', { name: 'Room' });
    await notice.getByText('Room gets low.').waitFor(patient);
    expect(await notice.textContent()).toMatch(/85 % of the room .*Free space on this device/);
    await page.evaluate(() => history.pushState(null, '', '/settings'));
    const storage = page.getByRole('region', { name: 'Storage' });
    await storage.getByText('850 kB of 1.0 MB').waitFor();
    await storage.getByText('Free space on this device').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);

    await tell(page, 0.95);
    await page.clock.fastForward(LOOK_MS);
    await notice.getByText('Room is short.').waitFor(patient);
    await notice.getByText('Soon nothing can be saved any more.').waitFor();

    await tell(page, 0.1);
    await page.clock.fastForward(LOOK_MS);
    await expect.poll(() => notice.textContent(), patient).toBe('');
    expect(await storage.textContent()).not.toContain('Free space');
  });
}

test('[ND] a write for which there is no room is told as such, what it teaches stays in sight, and with room it is stored', async () => {
  const person = await bench.person({ serviceWorkers: 'block' });
  const page = await person.context.newPage();
  const debug = await person.context.newCDPSession(page);
  await page.clock.install();
  await page.goto(`${bench.origin}/#mesh=${bench.newMesh()}&name=mira`);
  const { origin } = bench;
  await debug.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 400_000 });
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.evaluate(() => history.pushState(null, '', '/memory/new'));
  const text = randomBytes(300_000).toString('base64');
  await page.getByLabel('What should be remembered').fill(text);
  await page.getByRole('button', { name: 'Remember' }).click();
  await page.locator('.said-failed', { hasText: 'no more room for this site' }).waitFor(patient);
  const notice = page.getByRole('status', { name: 'Room' });
  await notice.getByText('Room is short.').waitFor(patient);
  await notice.getByText('Free space on this device').waitFor();
  await page.getByRole('button', { name: 'Dismiss' }).click();
  expect(await page.getByLabel('What should be remembered').inputValue()).toBe(text);

  await debug.send('Storage.overrideQuotaForOrigin', { origin });
  await page.getByRole('button', { name: 'Remember' }).click();
  await page.getByRole('heading', { name: 'Provenance' }).waitFor(patient);
  await page.clock.fastForward(REFUSAL_MS);
  await expect.poll(() => notice.textContent(), patient).toBe('');
});

test('[ND] while the store has failed and cannot be opened again, every view says that nothing is saved', async () => {
  const person = await bench.person({ serviceWorkers: 'block' });
  const page = await person.context.newPage();
  const debug = await person.context.newCDPSession(page);
  await page.goto(`${bench.origin}/#mesh=${bench.newMesh()}&name=mira`);
  const { origin } = bench;
  await debug.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: 400_000 });
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
  await page.evaluate(() => history.pushState(null, '', '/memory/new'));
  const text = randomBytes(300_000).toString('base64');
  await page.getByLabel('What should be remembered').fill(text);
  // As where there is no room even for what an opening writes.
  await page.evaluate(() => {
    const { open } = IDBFactory.prototype;
    const free = { open };
    Object.assign(globalThis, { free });
    IDBFactory.prototype.open = () => {
      throw new DOMException('There is no room.', 'QuotaExceededError');
    };
  });
  await page.getByRole('button', { name: 'Remember' }).click();
  await page.getByRole('alert').getByText('Not saving.').waitFor(patient);
  expect(await page.getByRole('alert').textContent()).toContain('Free space on this device');
  await page.getByText('What is written is refused').waitFor();
  await debug.send('Storage.overrideQuotaForOrigin', { origin });
  await page.evaluate(() => {
    const { free } = globalThis as unknown as { free: Pick<IDBFactory, 'open'> };
    Object.assign(IDBFactory.prototype, free);
  });
  await page.getByText('Not saving.').waitFor({ ...patient, state: 'detached' });
  await page.getByText('Synced', { exact: true }).first().waitFor(patient);
});
