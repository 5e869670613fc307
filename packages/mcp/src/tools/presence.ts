import type { PresenceInput, PresentSession } from '@mnemesh/core';
import * as v from 'valibot';
import { age, cut, fitting } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { filled } from '../schemas.js';
import { defineTool } from '../tool.js';

const said = (description: string) => v.optional(v.nullable(filled(description)));

export const presence = defineTool({
  name: 'presence',
  title: 'Who is here',
  description:
    'Lists the sessions of agents and people that are open now, on every device that a link reaches, with what each says it does and the task it has claimed. ' +
    'With `status` or `persona` it first tells the others of this session; null takes back what was said. ' +
    'Nothing of it is kept: who ended without a word is gone within a minute.',
  hints: { readOnly: false, destructive: false, idempotent: true },
  input: v.strictObject({
    status: said('What this session does, in a few words'),
    persona: said('The role that this session has taken on'),
  }),
  output: v.object({
    sessions: v.array(
      v.object({
        agent: v.string(),
        name: v.string(),
        kind: v.string(),
        session: v.string(),
        isYou: v.boolean(),
        status: v.optional(v.string()),
        persona: v.optional(v.string()),
        task: v.optional(v.object({ namespace: v.string(), id: v.string() })),
        joinedAt: v.string(),
      }),
    ),
    omitted: v.number(),
  }),
  run: async (given, session) => {
    const mesh = await session.acting();
    const input = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    );
    if (Object.keys(input).length > 0) await mesh.presence.set(input as PresenceInput);
    const here = await mesh.presence.list();
    const now = session.runtime.now();
    const { shown: listed } = fitting(here.slice(0, mcpLimits.listed), (one) =>
      JSON.stringify(one),
    );
    const sessions = listed.map(({ agent, name, kind, session: id, ...one }) => ({
      agent,
      name,
      kind,
      session: id,
      isYou: id === mesh.session,
      joinedAt: one.joinedAt,
      ...(one.status === undefined ? {} : { status: one.status }),
      ...(one.persona === undefined ? {} : { persona: one.persona }),
      ...(one.task === undefined ? {} : { task: { ...one.task } }),
    }));
    const omitted = here.length - listed.length;
    const lines = listed.map((one) => line(one, one.session === mesh.session, now));
    if (omitted > 0) lines.push(`and ${omitted} more`);
    return { data: { sessions, omitted }, text: lines.join('\n') };
  },
});

function line(one: PresentSession, isYou: boolean, now: number): string {
  const { name, kind, status, persona, task, joinedAt } = one;
  const about = [
    ...(persona === undefined ? [] : [`as ${flat(persona)}`]),
    ...(status === undefined ? [] : [flat(status)]),
    ...(task === undefined ? [] : [`works on ${task.namespace}/${task.id}`]),
  ];
  const who = `${flat(name)} (${kind}${isYou ? ', you' : ''}), came ${age(joinedAt, now)}`;
  return `> ${[who, ...about].join('; ')}`;
}

/** Others' words on one line of their own. */
function flat(text: string): string {
  return cut(text.replace(/\s+/g, ' '), mcpLimits.listedChars);
}
