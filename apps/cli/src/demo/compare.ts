import { readFileSync } from 'node:fs';
import { canonicalJson, type Json } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { beadsLines } from '../commands/export.js';
import type { JsonObject } from '../imports/json-value.js';
import type { CompareOrder, LineDifference, StoreReport } from './compare-order.js';
import { holdingOf } from './holding.js';

/** Opens closed stores one after the other, with no relay, and prints what each holds as JSON. */
async function compare(order: CompareOrder): Promise<readonly StoreReport[]> {
  const source = issuesOf(readFileSync(order.source, 'utf8').split('\n'));
  const reports: StoreReport[] = [];
  for (const { agent, data } of order.stores) {
    const mesh = await openMesh({ mesh: order.mesh, agent, data, relay: 'none' });
    try {
      const exported = issuesOf(await beadsLines(mesh));
      const holding = await holdingOf(mesh);
      reports.push({ agent, ...holding, ...compareLines(source, exported, order.edited) });
    } finally {
      await mesh.close();
    }
  }
  return reports;
}

function issuesOf(lines: readonly string[]): ReadonlyMap<string, JsonObject> {
  const issues = new Map<string, JsonObject>();
  for (const line of lines) {
    if (line.trim() === '') continue;
    const issue = JSON.parse(line) as JsonObject;
    issues.set(String(issue.id), issue);
  }
  return issues;
}

function compareLines(
  source: ReadonlyMap<string, JsonObject>,
  exported: ReadonlyMap<string, JsonObject>,
  edited: CompareOrder['edited'],
): Pick<StoreReport, 'equalLines' | 'editedLines' | 'wrongLines'> {
  const editedLines: LineDifference[] = [];
  const wrongLines: LineDifference[] = [];
  let equalLines = 0;
  for (const id of new Set([...source.keys(), ...exported.keys()])) {
    const fields = differences(source.get(id), exported.get(id));
    const allowed = edited[id] ?? [];
    if (fields.length === 0) equalLines += 1;
    else if (fields.every((field) => allowed.includes(field))) editedLines.push({ id, fields });
    else wrongLines.push({ id, fields });
  }
  return { equalLines, editedLines, wrongLines };
}

function differences(before: JsonObject | undefined, after: JsonObject | undefined): string[] {
  if (before === undefined || after === undefined) return ['(the whole line)'];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => text(before[name]) !== text(after[name]));
}

function text(value: Json | undefined): string | undefined {
  return value === undefined ? undefined : canonicalJson(value);
}

const order = JSON.parse(process.argv[2] as string) as CompareOrder;
process.stdout.write(`${JSON.stringify(await compare(order))}\n`);
