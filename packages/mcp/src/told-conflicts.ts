import { type Conflict, type ConflictQuery, estimateTokens } from '@mnemesh/core';
import { type ConflictAnswer, conflictAnswer, LEAST_VALUES } from './conflict-answer.js';
import { mcpLimits } from './mcp-limits.js';
import { type FoundRecord, readAgain } from './read-again.js';
import type { ToolSession } from './tool-session.js';

/** Characters of a value where several conflicts have little room. */
const SHORT_CHARS = 80;

export interface ToldConflicts {
  readonly conflicts: ConflictAnswer[];
  /** Those that did not fit. */
  readonly omitted: number;
  /** Tokens that `conflicts` take. */
  readonly tokens: number;
}

/** The conflicts that fit into a budget. What is told of them, and nothing else, is read by the agent's own session. */
export async function tellConflicts(
  session: ToolSession,
  query: ConflictQuery,
  nameOf: (agent: string) => string,
  tokens: number,
): Promise<ToldConflicts> {
  const found = await (await session.watching()).conflicts.list(query);
  const told: { readonly conflict: Conflict; readonly answer: ConflictAnswer }[] = [];
  let left = tokens;
  for (const conflict of found) {
    const answer = answerWithin(conflict, nameOf, left);
    if (answer === undefined) break;
    left -= estimateTokens(JSON.stringify(answer));
    told.push({ conflict, answer });
  }
  const mesh = await session.acting();
  const records = told.flatMap(({ conflict, answer }) => recordsOf(conflict, answer));
  await Promise.all(records.map((record) => readAgain(mesh, record)));
  return {
    conflicts: told.map(({ answer }) => answer),
    omitted: found.length - told.length,
    tokens: tokens - left,
  };
}

/** Undefined when not even two of its sides fit: one alone is no conflict. */
function answerWithin(
  conflict: Conflict,
  nameOf: (agent: string) => string,
  tokens: number,
): ConflictAnswer | undefined {
  return [mcpLimits.listedChars, SHORT_CHARS]
    .map((chars) => conflictAnswer(conflict, nameOf, { tokens, chars }))
    .find(({ values }) => values.length >= LEAST_VALUES);
}

/** Of a topic the items that are told; of a field its record, with which all values of it are read. */
function recordsOf(
  { kind, namespace, collection, record }: Conflict,
  { values }: ConflictAnswer,
): readonly FoundRecord[] {
  const ids =
    kind === 'field' ? [record] : values.map((value) => value.record as Conflict['record']);
  return ids.flatMap((id) => (id === undefined ? [] : [{ collection, namespace, id }]));
}
