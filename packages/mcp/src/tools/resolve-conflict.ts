import type { Conflict, ConflictChoice, Mesh } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';
import { mcpLimits } from '../mcp-limits.js';
import { uriOf } from '../record-name.js';
import { filled } from '../schemas.js';
import { defineTool } from '../tool.js';

export const resolveConflict = defineTool({
  name: 'resolve_conflict',
  title: 'Resolve a conflict',
  description:
    'Settles a conflict that context, remember or get_memory showed: say which value holds, or what holds instead, and why. It leaves an audit record. ' +
    'What a person wrote is not yours to overrule: ask.',
  hints: { readOnly: false, destructive: false, idempotent: false },
  input: v.strictObject({
    id: filled('Id of the conflict'),
    keep: v.optional(filled('Version, or id of the item, that holds')),
    content: v.optional(filled('What holds instead of all of them, in words')),
    reason: filled('Why, for whoever reads the audit record'),
  }),
  output: v.object({ conflict: v.string(), record: v.string(), uri: v.string() }),
  run: async ({ id, keep, content, reason }, session) => {
    const mesh = await session.acting();
    const conflict = await conflictNamed(await session.watching(), id);
    // What it holds, and nothing else, is shown to the session that decides.
    const { namespace, kind, values } = conflict;
    const record = conflict.record ?? values[0].record;
    await mesh.conflicts.list({
      namespaces: [namespace],
      kind,
      open: 'any',
      ...(record === undefined ? {} : { record }),
    });
    const settled = await mesh.conflicts.resolve(conflict, choiceOf(conflict, keep, content), {
      reason,
    });
    const uri = uriOf(settled);
    return {
      data: { conflict: conflict.id, record: settled.id, uri },
      text: `Settled by ${uri}.`,
    };
  },
});

/** @throws MnemeshError `not_found`, `bad_input` for the beginning of several ids */
async function conflictNamed(mesh: Mesh, id: string): Promise<Conflict> {
  const all = await mesh.conflicts.list({ open: 'any', limit: mcpLimits.conflicts });
  const found = all.filter((one) => one.id.startsWith(id));
  if (found.length === 1) return found[0] as Conflict;
  if (found.length > 1) {
    throw new MnemeshError(
      'bad_input',
      `"${id}" begins the ids of ${found.length} conflicts. Give the whole id.`,
    );
  }
  throw new MnemeshError(
    'not_found',
    `There is no conflict "${id}"; it may be settled. The context tool lists those that are open.`,
  );
}

function choiceOf(
  { kind, values }: Conflict,
  keep: string | undefined,
  content: string | undefined,
): ConflictChoice {
  if ((keep === undefined) === (content === undefined))
    throw new MnemeshError('bad_input', 'Say either what to `keep`, or the `content` that holds.');
  if (content !== undefined) return kind === 'topic' ? { item: { content } } : { value: content };
  const kept = values.find(({ version, record }) => version === keep || record === keep);
  if (kept !== undefined) return { keep: kept.version };
  const known = values.map(({ version, record }) => record ?? version).join(', ');
  throw new MnemeshError('bad_input', `"${keep}" is none of its values. There are: ${known}.`);
}
