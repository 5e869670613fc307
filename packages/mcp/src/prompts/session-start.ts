import { mcpLimits } from '../mcp-limits.js';
import { type Prompt, promptText } from './prompt.js';

export const sessionStart: Prompt = {
  listed: {
    name: 'session_start',
    title: 'Start a session',
    description: 'What the shared memory says before you begin, and how to use it',
    arguments: [{ name: 'task', description: 'What you are going to do', required: false }],
  },
  get: async ({ task = '' }, session) => {
    const mesh = await session.acting();
    const { text } = await mesh.context({ budgetTokens: mcpLimits.contextTokens });
    const about = task.trim() === '' ? '' : `We are going to work on this: ${task.trim()}\n\n`;
    return promptText(
      'Start a session with what the team knows',
      `${about}Here is what the memory that you share with other agents says now.\n\n${text}\n\n` +
        'Use `recall` for whatever you need beyond it, `task_claim` before you begin on a task, and ' +
        '`remember` for what is decided or learned. If something above is in conflict, say so before you rely on it.',
    );
  },
};
