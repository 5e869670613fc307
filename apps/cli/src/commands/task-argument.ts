import type { Argument } from '../command-line/command.js';

export const taskArgument: Argument = {
  name: 'ID',
  help: "a task's id, its ref (beads:bd-06px), or bd-06px",
};
