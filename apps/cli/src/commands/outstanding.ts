import type { ForgetStatus } from '@mnemesh/core';
import { type AgentNames, agentText } from './record-text.js';

/** Who has not said yet that nothing is left there, and when it was last seen. */
export function outstandingLines(
  { holders, outstanding }: Pick<ForgetStatus, 'holders' | 'outstanding'>,
  names: AgentNames,
): readonly string[] {
  if (outstanding.length === 0)
    return [`nothing of it is left at any of ${holders.length} holders`];
  return [
    `${holders.length - outstanding.length} of ${holders.length} holders have nothing of it left; outstanding:`,
    ...outstanding.map(({ kind, holder, agents, seenAt }) => {
      const name = kind === 'relay' ? holder : holder.slice(0, 8);
      const writers = agents.map((agent) => agentText(names, agent)).join(', ');
      const of = writers === '' ? '' : ` of ${writers}`;
      return `  ${kind} ${name}${of}, ${seenAt === undefined ? 'no receipt yet' : `last seen ${seenAt}`}`;
    }),
  ];
}
