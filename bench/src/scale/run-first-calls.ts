import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { machineText } from '../measure/machine.js';
import { summarize } from '../measure/summary.js';
import { startChild } from '../replica-scale/child.js';
import { copyOf } from '../replica-scale/kept.js';
import { markdownTable } from '../report/markdown.js';
import { authored, scaleCache } from './authored.js';
import type { MeasuredCalls, MeasuredScrub, MeasureScaleRequest } from './measure-scale-process.js';

/** `npm run bench -- first-calls`: what is read once and then kept, and what is rewritten after a forget. */
export async function runFirstCalls(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      tasks: { type: 'string', default: '10000' },
      topics: { type: 'string', default: '5000' },
      items: { type: 'string', default: '20000' },
      forgets: { type: 'string', default: '1,10,100' },
      repeat: { type: 'string', default: '3' },
      cache: { type: 'string', default: scaleCache },
    },
  });
  const { cache } = values;
  const repeat = Number(values.repeat);
  console.log(`${machineText()}\n`);
  const tasks = await authored(cache, 'tasks', Number(values.tasks));
  const ready = await callsRow('tasks.ready()', `${values.tasks} tasks`, 'ready', tasks, repeat);
  const topics = await authored(cache, 'topics', Number(values.topics));
  const what = `${values.topics} contested topics`;
  const conflicts = await callsRow('conflicts.list()', what, 'conflicts', topics, repeat);
  console.log(
    markdownTable(
      ['call', 'records', 'open, ms', 'first, ms', 'later, ms', 'after a change, ms'],
      [ready, conflicts],
    ),
  );
  const items = await authored(cache, 'items', Number(values.items));
  const forgets = values.forgets.split(',').map(Number);
  const { scrubs } = await onCopy<MeasuredScrub>(items, (data) => ({
    kind: 'scrub',
    data,
    forgets,
  }));
  const head = [`forgotten of ${values.items} items`, 'forget, ms', 'scrub, ms', 'store, MB'];
  const rows = scrubs.map(({ forgotten, forgetMs, scrubMs, storeMb }) => [
    `${forgotten}`,
    ...[forgetMs, scrubMs, storeMb].map((one) => one.toFixed(0)),
  ]);
  console.log(`\n${markdownTable(head, rows)}`);
}

async function callsRow(
  name: string,
  records: string,
  kind: 'ready' | 'conflicts',
  data: string,
  repeat: number,
): Promise<readonly string[]> {
  const runs: MeasuredCalls[] = [];
  for (let n = 0; n < repeat; n++)
    runs.push(await onCopy<MeasuredCalls>(data, (copy) => ({ kind, data: copy, repeat: 20 })));
  if (runs.some(({ found }) => found === 0)) throw new Error(`${name} found nothing.`);
  const cell = (times: readonly number[]): string => {
    const { median, min, max } = summarize(times);
    return `${median.toFixed(1)} (${min.toFixed(1)}–${max.toFixed(1)})`;
  };
  const cells = [
    cell(runs.map(({ openMs }) => openMs)),
    cell(runs.map(({ firstMs }) => firstMs)),
    cell(runs.flatMap(({ laterMs }) => laterMs)),
    cell(runs.map(({ afterChangeMs }) => afterChangeMs)),
  ];
  return [name, records, ...cells];
}

async function onCopy<Answer>(
  data: string,
  request: (data: string) => MeasureScaleRequest,
): Promise<Answer> {
  const copy = copyOf(data);
  const child = startChild('../scale/measure-scale', copy);
  try {
    return await child.ask<Answer>(request(copy));
  } finally {
    await child.stop();
    rmSync(copy, { recursive: true, force: true });
  }
}
