import type { Command } from '../command-line/command.js';
import { conversationAdd, conversationList, conversationShow } from './conversation.js';
import { exportCommand } from './export.js';
import { importBeadsCommand } from './import-beads.js';
import { importLocomoCommand } from './import-locomo.js';
import { init } from './init.js';
import { offline } from './offline.js';
import { recall } from './recall.js';
import { remember } from './remember.js';
import { serveCommand } from './serve.js';
import { statusCommand } from './status.js';
import { taskAdd, taskList, taskShow, taskUpdate } from './task.js';
import { watch } from './watch.js';

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [
  serveCommand,
  init,
  remember,
  recall,
  taskAdd,
  taskList,
  taskShow,
  taskUpdate,
  conversationAdd,
  conversationList,
  conversationShow,
  importBeadsCommand,
  importLocomoCommand,
  exportCommand,
  statusCommand,
  watch,
  offline,
];
