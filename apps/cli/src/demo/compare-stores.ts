import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { CompareOrder, LineDifference, StoreReport } from './compare-order.js';
import type { PlannedEdits } from './planned-edits.js';
import { MESH, type Stage, type Team } from './steps.js';

/** Bytes of the comparing process's answer. */
const ANSWER_BYTES = 64 * 1024 * 1024;

export async function compareStores(stage: Stage, team: Team, edits: PlannedEdits): Promise<void> {
  const { story, file, directory } = stage;
  story.step('The agents end; another process opens their three stores and compares');
  await Promise.all(Object.values(team).map((agent) => agent.close()));
  const order: CompareOrder = {
    mesh: MESH,
    stores: Object.keys(team).map((agent) => ({ agent, data: join(directory, MESH, agent) })),
    source: file,
    edited: edits.lines,
  };
  const reports = await runCompare(order);
  for (const { agent, tasks, dependencies, memory, digest } of reports) {
    story.say(
      `${agent.padEnd(10)} ${tasks} tasks, ${dependencies} dependencies, ${memory} memory items, digest ${digest}`,
    );
  }
  story.check(
    new Set(reports.map(({ digest }) => digest)).size === 1,
    'every record is equal in all three stores',
  );
  const lines = Object.keys(edits.lines).length;
  for (const { agent, equalLines, editedLines, wrongLines } of reports) {
    story.check(
      wrongLines.length === 0 && editedLines.length === lines,
      `${agent}: export beads gives ${equalLines} lines as they came, ${editedLines.length} with the demo's edits, ${wrongLines.length} wrong`,
    );
    for (const { id, fields } of wrongLines.slice(0, 5)) story.say(`  ${id}: ${fields.join(', ')}`);
  }
  story.say("the demo's edits, and what of each line they change:");
  for (const line of editLines(reports[0]?.editedLines ?? [])) story.say(`  ${line}`);
}

/** Tasks of which the same fields changed, in a line each. */
function editLines(edited: readonly LineDifference[]): readonly string[] {
  const ids = new Map<string, string[]>();
  for (const { id, fields } of edited) {
    const key = [...fields].sort().join(', ');
    ids.set(key, [...(ids.get(key) ?? []), id]);
  }
  return [...ids].map(([fields, list]) => `${fields}: ${list.join(' ')}`);
}

async function runCompare(order: CompareOrder): Promise<readonly StoreReport[]> {
  const script = fileURLToPath(new URL('./compare.js', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)], {
    maxBuffer: ANSWER_BYTES,
  });
  return JSON.parse(stdout) as readonly StoreReport[];
}
