import * as v from 'valibot';
import { parseRecordName } from '../record-name.js';
import { filled, memoryNamespace, text } from '../schemas.js';
import { defineTool } from '../tool.js';

export const forget = defineTool({
  name: 'forget',
  title: 'Forget',
  description:
    'Takes a memory item away. `archive` hides it and can be undone; `forget` deletes its content and history for good, on every device as it comes online. ' +
    'To correct an item, use remember with `supersedes` instead.',
  hints: { readOnly: false, destructive: true, idempotent: true },
  input: v.strictObject({
    id: filled('Id or address of the item'),
    level: v.optional(
      v.pipe(
        v.picklist(['archive', 'restore', 'forget']),
        v.description('archive hides, restore undoes that, forget deletes. Default: archive'),
      ),
    ),
    namespace: memoryNamespace,
    reason: v.optional(text('Why, for the person who asks you later')),
  }),
  output: v.object({
    id: v.string(),
    level: v.string(),
  }),
  run: async ({ id, level = 'archive', namespace }, session) => {
    const mesh = await session.acting();
    const name = parseRecordName(id, namespace ?? mesh.memory.namespace);
    const memory = mesh.memory.in(name.namespace);
    if (level === 'forget') await memory.forget(name.id);
    else await memory.archive(name.id, level === 'archive');
    const done = {
      archive: 'Archived: it is hidden, and level "restore" brings it back.',
      restore: 'Brought back.',
      forget: 'Forgotten here; devices that are away follow when they come back.',
    }[level];
    return { data: { id: name.id, level }, text: done };
  },
});
