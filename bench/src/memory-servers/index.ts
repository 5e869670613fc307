import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { installPeers } from '../peers.js';
import { markdownTable } from '../report/markdown.js';
import { conductOf } from './behaviours.js';
import { type Load, measure, type Outcome } from './measure.js';
import { type MemorySubject, official, ours } from './subjects.js';

/** `npm run bench -- memory-servers`: our profile `memory` and the official server, with the same script. */
export async function runMemoryServers(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      clients: { type: 'string', default: '8' },
      writes: { type: 'string', default: '125' },
      'at-once': { type: 'string', default: '1,8' },
      official: { type: 'string' },
      json: { type: 'string' },
    },
  });
  if (values.official === undefined) installPeers();
  const subjects = [official(values.official), ours];
  const loads = values['at-once'].split(',').map((atOnce) => ({
    clients: Number(values.clients),
    writes: Number(values.writes),
    atOnce: Number(atOnce),
  }));
  const rows: Row[] = [];
  for (const load of loads)
    for (const subject of subjects)
      rows.push({ subject: subject.name, ...load, ...(await measure(subject, load)) });
  console.log(tableOf(rows));
  const conduct = await conducts(subjects);
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ rows, conduct }, undefined, 2)}\n`);
}

type Row = { readonly subject: string } & Load & Outcome;

async function conducts(subjects: readonly MemorySubject[]): Promise<readonly object[]> {
  const all = [];
  for (const subject of subjects)
    all.push({ subject: subject.name, ...(await conductOf(subject)) });
  const [first, ...others] = all;
  for (const { subject, held, checked, failed } of all) {
    console.log(`${subject}: ${held} of ${checked} documented behaviours hold`);
    for (const line of failed) console.log(`  ${line}`);
  }
  const same = others.every(({ tools }) => tools === first?.tools);
  console.log(`Their tools are listed ${same ? 'alike, word for word' : 'differently'}.`);
  return all;
}

const COLUMNS = ['acknowledged', 'refused', 'kept', 'lost', 'twice', 'unreadable'] as const;

function tableOf(rows: readonly Row[]): string {
  const head = ['server', 'at once', ...COLUMNS, 'seconds', 'killed halfway'];
  const lines = rows.map((row) => [
    row.subject,
    String(row.atOnce),
    ...COLUMNS.map((name) => String(row[name])),
    row.seconds.toFixed(1),
    row.killed ? 'yes' : 'nobody to kill',
  ]);
  return markdownTable(head, lines);
}
