import type { Mesh } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';
import { mcpLimits } from '../mcp-limits.js';
import { GRAPH_NAMESPACE } from './graph-items.js';
import type { Entity, Relation } from './graph-types.js';
import { inTurns } from './in-turns.js';
import { KnowledgeGraph } from './knowledge-graph.js';

/** What became of the lines of an export. */
export interface GraphReport {
  readonly lines: number;
  readonly entities: Counts;
  readonly relations: Counts;
  readonly bad: readonly { readonly line: number; readonly reason: string }[];
}

export interface Counts {
  readonly created: number;
  /** Was there; an entity got the observations that it lacked. */
  readonly existed: number;
  /** Was forgotten in this mesh, and stays so. */
  readonly forgotten: number;
}

const lineSchema = v.variant('type', [
  v.object({
    type: v.literal('entity'),
    name: v.string(),
    entityType: v.string(),
    observations: v.array(v.string()),
  }),
  v.object({
    type: v.literal('relation'),
    from: v.string(),
    to: v.string(),
    relationType: v.string(),
  }),
]);

/**
 * Takes in the file of the official memory server, a JSON object in each line. Twice is as once. A bad
 * line is named, and the rest is taken in; two objects run together in a line, which that server's
 * races leave behind, are told apart.
 */
export async function importGraph(
  mesh: Mesh,
  lines: AsyncIterable<string>,
  progress: (lines: number) => void,
): Promise<GraphReport> {
  const graph = new KnowledgeGraph(mesh.memory.in(GRAPH_NAMESPACE));
  const known = await graph.load();
  const entities = { created: 0, existed: 0, forgotten: 0 };
  const relations = { created: 0, existed: 0, forgotten: 0 };
  const bad: { line: number; reason: string }[] = [];
  let count = 0;
  let batch: Line[] = [];
  const save = async (): Promise<void> => {
    const taken = batch;
    batch = [];
    const outcomes = await inTurns(taken, mcpLimits.concurrentWrites, (line) =>
      line.type === 'entity' ? graph.merge(line, known) : graph.mergeRelation(line, known),
    );
    outcomes.forEach((outcome, i) => {
      (taken[i]?.type === 'entity' ? entities : relations)[outcome] += 1;
    });
    progress(count);
  };
  for await (const text of lines) {
    count += 1;
    try {
      batch.push(...parseLine(text));
    } catch (error) {
      bad.push({ line: count, reason: (error as Error).message });
    }
    if (batch.length >= mcpLimits.concurrentWrites) await save();
  }
  await save();
  return { lines: count, entities, relations, bad };
}

type Line = ({ readonly type: 'entity' } & Entity) | ({ readonly type: 'relation' } & Relation);

/** @throws MnemeshError `bad_input` */
function parseLine(text: string): readonly Line[] {
  if (text.trim() === '') return [];
  return jsonObjects(text).map((value) => {
    const result = v.safeParse(lineSchema, value);
    if (result.success) return result.output;
    const [issue] = result.issues;
    const path = v.getDotPath(issue);
    throw new MnemeshError('bad_input', `${path === null ? '' : `"${path}": `}${issue.message}`);
  });
}

function jsonObjects(text: string): readonly unknown[] {
  try {
    return [JSON.parse(text)];
  } catch (error) {
    const apart = text.split(/(?<=\})\s*(?=\{"type":)/);
    if (apart.length < 2)
      throw new MnemeshError('bad_input', `it is no JSON: ${(error as Error).message}`);
    return apart.flatMap(jsonObjects);
  }
}
