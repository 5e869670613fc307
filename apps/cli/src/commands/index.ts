import type { Command } from '../command-line/command.js';
import { auditCommand, conflictsList, conflictsResolve } from './conflicts.js';
import { contextCommand } from './context.js';
import { conversationAdd, conversationList, conversationShow } from './conversation.js';
import { doctor } from './doctor.js';
import { exportCommand } from './export.js';
import { hold } from './hold.js';
import { importBeadsCommand } from './import-beads.js';
import { importClaudeCode } from './import-claude-code.js';
import { importLocomoCommand } from './import-locomo.js';
import { importMarkdown } from './import-markdown.js';
import { importServerMemory } from './import-server-memory.js';
import { init } from './init.js';
import { invite } from './invite.js';
import { join } from './join.js';
import { mcp } from './mcp.js';
import { memoryForget, memoryShow } from './memory.js';
import { offline } from './offline.js';
import { personaAdd, personaList, personaShow } from './persona.js';
import { policyList, policySet } from './policy.js';
import { presenceCommand } from './presence.js';
import { proseAdd, proseEdit, proseForget, proseList, proseShow } from './prose.js';
import { purge } from './purge.js';
import { recall } from './recall.js';
import { remember } from './remember.js';
import { retain } from './retain.js';
import { serveCommand } from './serve.js';
import { sessionList } from './session.js';
import { setup } from './setup.js';
import { statusCommand } from './status.js';
import { taskAdd, taskList, taskShow, taskUpdate } from './task.js';
import { taskClaim, taskComment, taskComplete, taskReady, taskRelease } from './task-work.js';
import { watch } from './watch.js';

/** Every command, in the order of the overview. */
export const commands: readonly Command[] = [
  serveCommand,
  init,
  invite,
  join,
  remember,
  recall,
  memoryShow,
  memoryForget,
  purge,
  retain,
  contextCommand,
  conflictsList,
  conflictsResolve,
  auditCommand,
  policyList,
  policySet,
  taskAdd,
  taskList,
  taskShow,
  taskUpdate,
  taskReady,
  taskClaim,
  taskRelease,
  taskComplete,
  taskComment,
  conversationAdd,
  conversationList,
  conversationShow,
  proseAdd,
  proseList,
  proseShow,
  proseEdit,
  proseForget,
  personaAdd,
  personaList,
  personaShow,
  sessionList,
  importBeadsCommand,
  importClaudeCode,
  importLocomoCommand,
  importMarkdown,
  importServerMemory,
  exportCommand,
  statusCommand,
  presenceCommand,
  watch,
  mcp,
  setup,
  offline,
  doctor,
  hold,
];
