import type { ForgetStatus } from '@mnemesh/core';
import * as v from 'valibot';
import { cut, fitting, quoted } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { parseRecordName, type RecordName } from '../record-name.js';
import { filled, memoryNamespace } from '../schemas.js';
import { defineTool } from '../tool.js';
import type { ToolSession } from '../tool-session.js';

/** Tokens of an answer that items take which name a forgotten one; holders without a receipt take the rest. */
const DEPENDENT_TOKENS = mcpLimits.answerTokens / 2;

export const forget = defineTool({
  name: 'forget',
  title: 'Forget',
  description:
    'Takes a memory item away. `archive` hides it and can be undone; `forget` deletes its content and history for good, on every device as it comes online, ' +
    'also of a document or a conversation. ' +
    'To correct an item, use remember with `supersedes` instead.',
  hints: { readOnly: false, destructive: true, idempotent: true },
  input: v.strictObject({
    id: filled('Id or address of the item; a document or a conversation, by its address'),
    level: v.optional(
      v.pipe(
        v.picklist(['archive', 'restore', 'forget']),
        v.description('archive hides, restore undoes that, forget deletes. Default: archive'),
      ),
    ),
    namespace: memoryNamespace,
  }),
  output: v.object({
    id: v.string(),
    level: v.string(),
    dependents: v.pipe(
      v.array(v.object({ id: v.string(), content: v.string() })),
      v.description(
        'Items that name a forgotten one as a source or took its place: they may say the same',
      ),
    ),
    receipts: v.pipe(
      v.optional(
        v.object({
          holders: v.number(),
          outstanding: v.array(
            v.object({ kind: v.string(), holder: v.string(), seenAt: v.optional(v.string()) }),
          ),
        }),
      ),
      v.description(
        'Of a forgotten item: how many hold copies of the mesh, and which have not said yet that nothing of it is left there. Call again to see who has by then',
      ),
    ),
  }),
  run: async ({ id, level = 'archive', namespace }, session) => {
    const mesh = await session.acting();
    const name = parseRecordName(id, namespace ?? mesh.memory.namespace);
    const memory = mesh.memory.in(name.namespace);
    if (level !== 'forget') {
      await memory.archive(name.id, level === 'archive');
      const text =
        level === 'archive'
          ? 'Archived: it is hidden, and level "restore" brings it back.'
          : 'Brought back.';
      return { data: { id: name.id, level, dependents: [] }, text };
    }
    const receipts = receiptsOf(await forgetRecord(name, session));
    const dependents = await dependentsOf(name, session);
    const lines = [
      ...receiptLines(receipts),
      ...(dependents.length === 0 ? [] : ['These name it, and may say the same:']),
      ...dependents.map((item) => `${item.id}\n${quoted(item.content)}`),
    ];
    const data = {
      id: name.id,
      level,
      dependents,
      ...(receipts === undefined ? {} : { receipts }),
    };
    return { data, text: lines.join('\n') };
  },
});

/** As the collection that holds it forgets: a document with its text, a conversation with its events. */
async function forgetRecord(
  { namespace, id }: RecordName,
  session: ToolSession,
): Promise<ForgetStatus | undefined> {
  const [watching, mesh] = await Promise.all([session.watching(), session.acting()]);
  const talks = watching.conversations.in(namespace);
  if ((await talks.get(id)) !== undefined || (await talks.event(id)) !== undefined) {
    await mesh.conversations.in(namespace).forget(id);
    return mesh.memory.in(namespace).forgotten(id);
  }
  const isDocument =
    namespace === mesh.prose.namespace ||
    (await watching.prose.in(namespace).get(id)) !== undefined;
  const holder = isDocument ? mesh.prose.in(namespace) : mesh.memory.in(namespace);
  if ((await holder.forgotten(id)) === undefined) await holder.forget(id);
  return holder.forgotten(id);
}

/** As many as are named; the others were not shown to anybody. */
async function dependentsOf({ namespace, id }: RecordName, session: ToolSession) {
  const [watching, mesh] = await Promise.all([session.watching(), session.acting()]);
  const all = await watching.memory.in(namespace).dependents(id);
  const { shown } = fitting(
    all.slice(0, mcpLimits.named),
    ({ id: item, content }) => JSON.stringify({ id: item, content: cut(content) }),
    DEPENDENT_TOKENS,
  );
  const named = await Promise.all(shown.map((item) => mesh.memory.in(namespace).get(item.id)));
  return named.flatMap((item) =>
    item === undefined ? [] : [{ id: item.id, content: cut(item.content) }],
  );
}

interface Receipts {
  readonly holders: number;
  readonly outstanding: {
    readonly kind: string;
    readonly holder: string;
    readonly seenAt?: string;
  }[];
}

function receiptsOf(status: ForgetStatus | undefined): Receipts | undefined {
  if (status === undefined) return undefined;
  return {
    holders: status.holders.length,
    outstanding: status.outstanding.slice(0, mcpLimits.named).map(({ kind, holder, seenAt }) => ({
      kind,
      holder,
      ...(seenAt === undefined ? {} : { seenAt }),
    })),
  };
}

function receiptLines(receipts: Receipts | undefined): readonly string[] {
  const forgotten = 'Forgotten here; devices that are away follow when they come back.';
  if (receipts === undefined) return [forgotten];
  if (receipts.outstanding.length === 0)
    return [`Forgotten: nothing of it is left at any of ${receipts.holders} holders.`];
  return [
    forgotten,
    `Of ${receipts.holders} holders, these have not said yet that nothing of it is left:`,
    ...receipts.outstanding.map(
      ({ kind, holder, seenAt }) =>
        `${kind} ${holder}, ${seenAt === undefined ? 'no receipt yet' : `last seen ${seenAt}`}`,
    ),
  ];
}
