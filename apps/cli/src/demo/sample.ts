import { fileURLToPath } from 'node:url';

const at = (name: string): string =>
  fileURLToPath(new URL(`../../sample/${name}`, import.meta.url));

/** The tasks and memory items that ship with the project: the making of a harbour logbook that does not exist. */
export const sampleTasks = at('tasks.jsonl');
export const sampleMemory = at('memory.jsonl');
