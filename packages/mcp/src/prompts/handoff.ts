import { type Prompt, promptText } from './prompt.js';

export const handoff: Prompt = {
  listed: {
    name: 'handoff',
    title: 'Hand over',
    description: 'Leaves the work so that another agent, or you tomorrow, can go on with it',
    arguments: [
      { name: 'to', description: 'Who goes on with it', required: false },
      { name: 'task', description: 'Id of the task', required: false },
    ],
  },
  get: async ({ to = '', task = '' }) => {
    const whom = to.trim() === '' ? 'whoever goes on with it' : to.trim();
    const which = task.trim() === '' ? 'the tasks that you hold' : `task ${task.trim()}`;
    return promptText(
      'Hand the work over',
      `Hand over what we did here to ${whom}, who knows nothing of this conversation:\n\n` +
        '1. `remember` each decision and each thing learned that is not saved yet, one item for each, with its topic.\n' +
        `2. With \`task_update\`, write into the notes of ${which} what is done, what is not, what was tried and ` +
        'failed, and the next step. Release what you do not go on with.\n' +
        '3. `task_create` what came up and nobody does yet, with what it waits for.\n' +
        '4. Answer with a summary of ten lines at most that cites the addresses of items and tasks.',
    );
  },
};
