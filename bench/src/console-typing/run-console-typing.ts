import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { consoleFiles } from '@mnemesh/console';
import { openMesh } from '@mnemesh/open-mesh';
import { serve } from '@mnemesh/server';
import { launchOptions } from '@mnemesh/testing-browser';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { machineText } from '../measure/machine.js';
import { summarize } from '../measure/summary.js';
import { textOf } from '../replica-scale/texts.js';
import { markdownTable } from '../report/markdown.js';
import { type Frames, framesDuring } from './frames.js';

const MESH = 'typing';
/** Records that are written together. */
const BATCH = 500;
/** As a quick typist does. */
const KEY_MS = 80;
/** Runs in the page: how many records its store has. */
const KEPT = `async () => {
  let kept = 0;
  for (const { name } of await indexedDB.databases()) {
    const opening = indexedDB.open(name);
    await new Promise((resolve) => { opening.onsuccess = resolve; opening.onerror = resolve; });
    const database = opening.result;
    if (database.objectStoreNames.contains('records')) {
      const counting = database.transaction('records').objectStore('records').count();
      await new Promise((resolve) => { counting.onsuccess = resolve; });
      kept += counting.result;
    }
    database.close();
  }
  return kept;
}`;
/** Milliseconds that the page may take to have everything. */
const SYNC_MS = 600_000;
const QUERIES = ['w3 w500 w41', 'w7 w7000 what', 'w12 w900 w2 w17'];

const BUILD = fileURLToPath(new URL('../../../apps/console/scripts/build.mjs', import.meta.url));

/** `npm run bench -- console-typing`: the console over so many records: its first paint, and its frames while somebody types. */
export async function runConsoleTyping(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      records: { type: 'string', default: '50000' },
      repeat: { type: 'string', default: '3' },
    },
  });
  const place = await mkdtemp(join(tmpdir(), 'mnemesh-typing-'));
  execFileSync(process.execPath, [BUILD]);
  const server = await serve({
    port: 0,
    host: '127.0.0.1',
    data: join(place, 'relay'),
    console: consoleFiles,
  });
  try {
    await author(join(place, 'agent'), server.url, Number(values.records));
    const origin = server.url.replace(/^ws/, 'http');
    const profile = join(place, 'profile');
    await receive(profile, origin, Number(values.records));
    const runs: Run[] = [];
    for (let n = 0; n < Number(values.repeat); n++) runs.push(await measure(profile, origin));
    console.log(`${machineText()}\n\n${tableOf(runs)}`);
  } finally {
    await server.close();
    await rm(place, { recursive: true, force: true, maxRetries: 10 });
  }
}

async function author(data: string, relay: string, count: number): Promise<void> {
  console.error(`authoring ${count} records`);
  const mesh = await openMesh({ mesh: MESH, agent: 'ana', data, relay, holder: 'none' });
  for (let from = 0; from < count; from += BATCH)
    await Promise.all(
      Array.from({ length: Math.min(BATCH, count - from) }, (_, i) =>
        mesh.memory.create({ content: textOf(from + i), kind: 'fact' }),
      ),
    );
  await mesh.acked();
  await mesh.close();
}

/** The page takes in everything, once: measured is what comes after. */
async function receive(profile: string, origin: string, records: number): Promise<void> {
  console.error('the page takes it in');
  const context = await chromium.launchPersistentContext(profile, launchOptions());
  const page = await context.newPage();
  await page.goto(`${origin}/#mesh=${MESH}&name=mira`);
  await page.getByRole('button', { name: 'Open' }).click();
  await page.getByRole('navigation', { name: 'Views' }).waitFor();
  // Where nothing else is called so.
  await page.goto(`${origin}/memory`);
  await page.waitForFunction(`(${KEPT})().then((kept) => kept >= ${records})`, undefined, {
    timeout: SYNC_MS,
    polling: 1_000,
  });
  await page.getByText('Synced', { exact: true }).first().waitFor({ timeout: SYNC_MS });
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await context.close();
}

interface Run {
  readonly paintMs: number;
  readonly listMs: number;
  readonly first: Frames;
  readonly later: Frames;
  readonly answerMs: number;
}

/** A fresh start of the browser, without a network. */
async function measure(profile: string, origin: string): Promise<Run> {
  console.error('typing');
  const context = await chromium.launchPersistentContext(profile, launchOptions());
  try {
    return await typing(context, origin);
  } finally {
    await context.close();
  }
}

async function typing(context: BrowserContext, origin: string): Promise<Run> {
  await context.setOffline(true);
  const page = await context.newPage();
  const began = performance.now();
  await page.goto(`${origin}/memory`);
  const list = page.getByRole('listbox', { name: 'Memory items' });
  await list.getByRole('option').first().waitFor();
  const listMs = performance.now() - began;
  const paintMs = await page.evaluate<number>(
    "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0",
  );
  const box = page.getByRole('searchbox', { name: 'Recall' }).or(page.getByLabel('Recall'));
  const [firstQuery = '', ...others] = QUERIES;
  const first = await framesDuring(page, () => type(page, box, firstQuery));
  const all: Frames[] = [];
  const answers: number[] = [];
  for (const query of others) {
    all.push(await framesDuring(page, () => type(page, box, query)));
    const typed = performance.now();
    await page
      .getByRole('listbox', { name: /recall/i })
      .getByRole('option')
      .first()
      .waitFor();
    answers.push(performance.now() - typed);
  }
  return { paintMs, listMs, first, later: together(all), answerMs: Math.max(...answers) };
}

async function type(page: Page, box: ReturnType<Page['getByRole']>, query: string): Promise<void> {
  await box.first().fill('');
  await box.first().pressSequentially(query, { delay: KEY_MS });
  await page
    .getByRole('listbox', { name: /recall/i })
    .getByRole('option')
    .first()
    .waitFor();
}

function together(all: readonly Frames[]): Frames {
  const sum = (of: (one: Frames) => number): number => all.reduce((n, one) => n + of(one), 0);
  return {
    count: sum(({ count }) => count),
    longestMs: Math.max(...all.map(({ longestMs }) => longestMs)),
    over50: sum(({ over50 }) => over50),
    over100: sum(({ over100 }) => over100),
  };
}

function tableOf(runs: readonly Run[]): string {
  const cell = (of: (run: Run) => number): string => {
    const { median, min, max } = summarize(runs.map(of));
    return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
  };
  const frames = (name: string, of: (run: Run) => Frames): readonly string[] => [
    name,
    cell((run) => of(run).count),
    cell((run) => of(run).longestMs),
    cell((run) => of(run).over50),
    cell((run) => of(run).over100),
  ];
  return [
    `First paint ${cell(({ paintMs }) => paintMs)} ms, list ${cell(({ listMs }) => listMs)} ms, both without a network.`,
    `After the last key an answer is there within ${cell(({ answerMs }) => answerMs)} ms.`,
    '',
    markdownTable(
      ['while typing', 'frames', 'longest, ms', 'over 50 ms', 'over 100 ms'],
      [
        frames('the first query of a page', ({ first }) => first),
        frames('later ones', ({ later }) => later),
      ],
    ),
  ].join('\n');
}
