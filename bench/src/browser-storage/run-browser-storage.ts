import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KeptDevice, type PageServer, servePage } from '@mnemesh/testing-browser';
import { machineText } from '../measure/machine.js';
import { summarize } from '../measure/summary.js';
import { markdownTable } from '../report/markdown.js';
import type { StorageTimes } from './page.js';

/** How documents are kept: by our two adapters, and by y-indexeddb alone. */
const kinds = ['indexeddb', 'y-indexeddb', 'stock'] as const;
const titles = [
  'store',
  'documents',
  'open and load one, ms',
  'load the rest, ms',
  'write to each, ms',
  'one write, ms',
  'site, MB',
];
const columns = ['firstMs', 'restMs', 'writeMs', 'serialMs', 'megabytes'] as const;

type Run = StorageTimes & { readonly megabytes: number };

/** `npm run bench -- browser-storage`: opening, writing and disk of what a browser keeps, in a fresh profile each. */
export async function runBrowserStorage(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      documents: { type: 'string', default: '10,200,1000' },
      repeat: { type: 'string', default: '3' },
    },
  });
  const counts = values.documents.split(',').map(Number);
  const server = await servePage(new URL('../../src/browser-storage/page.ts', import.meta.url));
  try {
    console.log(`${machineText()}\n`);
    const rows: (readonly string[])[] = [];
    for (const count of counts)
      rows.push(...(await measureCount(server, count, Number(values.repeat))));
    console.log(markdownTable(titles, rows));
  } finally {
    await server.close();
  }
}

/** Subjects take turns, so that what disturbs the machine disturbs them all. */
async function measureCount(
  server: PageServer,
  count: number,
  repeat: number,
): Promise<readonly (readonly string[])[]> {
  const runs = new Map<string, Run[]>(kinds.map((kind) => [kind, []]));
  for (let n = 0; n < repeat; n++)
    for (const kind of kinds) runs.get(kind)?.push(await measureOnce(server, kind, count));
  return kinds.map((kind) => {
    const cells = columns.map((column) => cell((runs.get(kind) ?? []).map((run) => run[column])));
    return [`\`${kind}\``, `${count}`, ...cells];
  });
}

async function measureOnce(server: PageServer, kind: string, count: number): Promise<Run> {
  const profile = await mkdtemp(join(tmpdir(), 'mnemesh-bench-'));
  try {
    await inBrowser(profile, server, (call) => call('author', kind, count));
    return await inBrowser(profile, server, async (call) => {
      const times = await call<StorageTimes>('measure', kind, count);
      return { ...times, megabytes: (await call<number>('usage')) / 1e6 };
    });
  } finally {
    await rm(profile, { recursive: true, force: true });
  }
}

type Call = <T>(name: string, ...args: readonly unknown[]) => Promise<T>;

async function inBrowser<T>(
  profile: string,
  server: PageServer,
  use: (call: Call) => Promise<T>,
): Promise<T> {
  const device = await KeptDevice.open(profile);
  try {
    const page = await device.open(server.url);
    return await use((name, ...args) => page.call(name, ...args));
  } finally {
    await device.close();
  }
}

function cell(measured: readonly (number | undefined)[]): string {
  const values = measured.filter((value) => value !== undefined);
  if (values.length === 0) return '–';
  const { median, min, max } = summarize(values);
  const text = (value: number): string => value.toFixed(value < 10 ? 1 : 0);
  return `${text(median)} (${text(min)}–${text(max)})`;
}
