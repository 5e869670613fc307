import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { indexBytes } from '../measure/index-bytes.js';
import { machineText } from '../measure/machine.js';
import { quantile, summarize } from '../measure/summary.js';
import { startChild } from '../replica-scale/child.js';
import { copyOf } from '../replica-scale/kept.js';
import { MESH } from '../replica-scale/shape.js';
import { markdownTable } from '../report/markdown.js';
import { authored, scaleCache } from './authored.js';
import type { MeasuredRecall, MeasureScaleRequest } from './measure-scale-process.js';
import { type QueryKind, queryKinds } from './queries.js';

/** `npm run bench -- recall-scale`: recall, opening and memory of a replica of so many records. */
export async function runRecallScale(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      records: { type: 'string', default: '100000' },
      queries: { type: 'string', default: '50' },
      repeat: { type: 'string', default: '3' },
      cache: { type: 'string', default: scaleCache },
    },
  });
  const records = Number(values.records);
  const data = await authored(values.cache, 'records', records);
  const runs: MeasuredRecall[] = [];
  for (let n = 0; n < Number(values.repeat); n++) {
    console.error(`recall over ${records} records, ${n + 1} of ${values.repeat}`);
    runs.push(await measure(data, records, Number(values.queries)));
  }
  console.log(`${machineText()}\n\n${tableOf(runs)}\n\n${placeOf(runs, data, records)}`);
}

async function measure(original: string, records: number, queries: number) {
  const data = copyOf(original);
  const child = startChild('../scale/measure-scale', data);
  try {
    const request: MeasureScaleRequest = { kind: 'recall', data, records, queries };
    return await child.ask<MeasuredRecall>(request);
  } finally {
    await child.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

function tableOf(runs: readonly MeasuredRecall[]): string {
  const kinds = Object.keys(queryKinds) as QueryKind[];
  const all = kinds.flatMap((kind) => timesOf(runs, kind));
  return markdownTable(
    ['queries', 'how many', 'p50, ms', 'p95, ms', 'slowest, ms'],
    [...kinds.map((kind) => row(kind, timesOf(runs, kind))), row('**all**', all)],
  );
}

function row(name: string, times: readonly number[]): readonly string[] {
  const sorted = [...times].sort((a, b) => a - b);
  const cells = [quantile(sorted, 0.5), quantile(sorted, 0.95), quantile(sorted, 1)];
  return [name, `${sorted.length}`, ...cells.map((ms) => ms.toFixed(1))];
}

function timesOf(runs: readonly MeasuredRecall[], kind: QueryKind): readonly number[] {
  return runs.flatMap(({ times }) => times[kind]);
}

function placeOf(runs: readonly MeasuredRecall[], data: string, records: number): string {
  const of = (name: Exclude<keyof MeasuredRecall, 'times'>): string => {
    const { median, min, max } = summarize(runs.map((run) => run[name]));
    return `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)})`;
  };
  const index = indexBytes(join(data, 'replicas', MESH, 'replica.db')) / 2 ** 20;
  return [
    `${records} records: open ${of('openMs')} ms; with the newest 50, a recall and a saved write ${of('usableMs')} ms.`,
    `Memory: ${of('rssOpenMb')} MB resident (${of('liveOpenMb')} live) after opening, ` +
      `${of('rssAfterMb')} (${of('liveAfterMb')}) after all queries. Index: ${index.toFixed(1)} MB.`,
  ].join('\n');
}
