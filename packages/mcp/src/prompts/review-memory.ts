import { counted } from '../answer-text.js';
import { conflictText } from '../conflict-answer.js';
import { mcpLimits } from '../mcp-limits.js';
import { agentNames } from '../record-name.js';
import { tellConflicts } from '../told-conflicts.js';
import { EVIDENCE, memoryAnswer, memoryText } from '../tools/memory-answer.js';
import { type Prompt, promptText } from './prompt.js';

/** Conflicts, and items that no longer hold, of one review. */
const REVIEWED = 20;

export const reviewMemory: Prompt = {
  listed: {
    name: 'review_memory',
    title: 'Review the memory',
    description: 'Conflicts to settle, and items whose time is over',
    arguments: [],
  },
  get: async (_, session) => {
    const mesh = await session.acting();
    const now = session.runtime.now();
    const [items, nameOf] = await Promise.all([
      (await session.watching()).memory.list({ superseded: false, limit: mcpLimits.reviewedItems }),
      agentNames(mesh),
    ]);
    const { conflicts, omitted } = await tellConflicts(
      session,
      { limit: REVIEWED },
      nameOf,
      mcpLimits.answerTokens / 2,
    );
    const over = items
      .filter(({ validTo }) => validTo !== undefined && Date.parse(validTo) <= now)
      .slice(0, REVIEWED);
    // Those that are told are read once more by the session that is told of them.
    const told = await Promise.all(over.map(({ id }) => mesh.memory.get(id)));
    const room = {
      tokens: Math.floor(mcpLimits.answerTokens / 2 / REVIEWED),
      chars: mcpLimits.listedChars,
    };
    const parts = [
      `Review the shared memory with me. ${EVIDENCE}`,
      `## ${counted(conflicts.length + omitted, 'open conflict')}`,
      ...conflicts.map(conflictText),
      ...(omitted === 0 ? [] : [`… and ${omitted} more.`]),
      `## ${counted(told.length, 'item')} whose time is over`,
      ...told.flatMap((item) =>
        item === undefined ? [] : [memoryText(memoryAnswer(item, nameOf, room), now)],
      ),
      'For each conflict, tell me who said what and which you think holds, with reasons, and ask me before you settle it. ' +
        'For each item that is over, propose an item that supersedes it, or to archive it.',
    ];
    return promptText('Review conflicts and what no longer holds', parts.join('\n\n'));
  },
};
