// Pictures of every view, light and dark, and as wide as a phone: written to apps/console/screenshots.
//   node apps/console/scripts/screenshots.mjs [VIEW ...]
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { consoleFiles } from '@mnemesh/console';
import { serve } from '@mnemesh/server';
import { chromium } from 'playwright-core';
import { buildConsole } from './build.mjs';
import { seed } from './seed.mjs';

const folder = fileURLToPath(new URL('../screenshots', import.meta.url));
const only = process.argv.slice(2);

/** What is opened, and what is done there before the picture is taken. */
const shots = [
  ['mesh', '/mesh', async () => undefined],
  ['memory', '/memory', async () => undefined],
  [
    'memory-item',
    '/memory',
    async (page) => {
      await page.getByLabel('Recall').fill('when does the pilot begin');
      await page.locator('.choices [role=option]').first().click();
      await page.getByText('Provenance').waitFor();
    },
  ],
  ['memory-timeline', '/memory', (page) => page.getByRole('button', { name: 'As of' }).click()],
  [
    'memory-recall',
    '/memory?q=search+after+midnight',
    (page) => page.locator('.choices [role=option]').first().waitFor(),
  ],
  ['memory-new', '/memory/new', async () => undefined],
  ['conflicts', '/memory/conflicts', (page) => page.getByText('About map tiles').waitFor()],
  ['tasks', '/tasks', async () => undefined],
  [
    'task',
    '/tasks',
    async (page) => {
      await page.locator('[data-column=working] [role=option]').first().click();
      await page.getByText('Log').waitFor();
    },
  ],
  ['tasks-graph', '/tasks/graph', (page) => page.locator('.box').first().waitFor()],
  ['conversations', '/conversations', async () => undefined],
  [
    'conversation',
    '/conversations',
    async (page) => {
      await page.locator('.choices [role=option]').first().click();
      await page.getByLabel('Event', { exact: true }).waitFor();
      await page.locator('details.tool summary').first().click();
    },
  ],
  ['sessions', '/conversations/sessions', (page) => page.locator('.table').waitFor()],
  ['usage', '/usage', (page) => page.locator('.plot').waitFor()],
  ['settings', '/settings', async () => undefined],
  ['palette', '/memory', (page) => page.keyboard.press('Control+k')],
  ['help', '/memory', (page) => page.keyboard.press('?')],
];

const looks = [
  ['light', { viewport: { width: 1280, height: 800 }, colorScheme: 'light' }],
  ['dark', { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' }],
  ['phone', { viewport: { width: 390, height: 844 }, colorScheme: 'light', deviceScaleFactor: 2 }],
];

await buildConsole();
const data = await mkdtemp(join(tmpdir(), 'mnemesh-screenshots-'));
const server = await serve({
  port: 0,
  host: '127.0.0.1',
  data: join(data, 'relay'),
  console: consoleFiles,
});
const team = await seed({ mesh: 'harbour', relay: server.url, data });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
});
await mkdir(folder, { recursive: true });
const origin = server.url.replace(/^ws/, 'http');
try {
  for (const [look, options] of looks) await takeAll(look, options);
} finally {
  await browser.close();
  await Promise.all(Object.values(team).map((mesh) => mesh.close()));
  await server.close();
  await rm(data, { recursive: true, force: true });
}

async function takeAll(look, options) {
  const context = await browser.newContext({ ...options, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on('pageerror', (error) => console.error(look, error.stack));
  page.on(
    'console',
    (message) => message.type() === 'error' && console.error(look, message.text()),
  );
  await page.goto(`${origin}/#mesh=harbour&name=mira`);
  await page.getByRole('button', { name: 'Open' }).waitFor();
  if (wanted('welcome')) await page.screenshot({ path: join(folder, `welcome-${look}.png`) });
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByText('Synced', { exact: true }).first().waitFor({ timeout: 60_000 });
  for (const [name, path, prepare] of shots) {
    if (!wanted(name)) continue;
    // A view is a matter of the page: loading it anew would open the mesh again.
    await page.evaluate((to) => {
      history.pushState(null, '', to);
    }, path);
    await page.waitForTimeout(300);
    try {
      await prepare(page);
    } catch (error) {
      console.error(`${name}, ${look}: ${error.message}`);
    }
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(folder, `${name}-${look}.png`) });
    await page.keyboard.press('Escape');
  }
  await context.close();
}

function wanted(name) {
  return only.length === 0 || only.includes(name);
}
