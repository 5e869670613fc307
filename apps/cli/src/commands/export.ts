import {
  type Collection,
  type ConversationEvent,
  canonicalJson,
  type Mesh,
  type RecordView,
} from '@mnemesh/core';
import { issueOfTask } from '../beads/issue-of-task.js';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { withMesh } from '../command-line/open-call.js';

export const exportCommand: Command = {
  words: ['export'],
  summary: 'Prints the records of the default namespaces as JSON lines, or tasks as a beads file',
  details:
    'Memory, tasks, tool states, conversations with their events, and prose of the default namespaces;\n' +
    'what lies in others, by --in or --namespace, is left out. Lines are canonical JSON: keys in order, no\n' +
    'spaces. A task imported from a beads file and not edited since gives the line it came from. Archived\n' +
    'records are included.',
  arguments: [
    {
      name: 'FORMAT',
      help: 'beads, or nothing for records of every kind',
      optional: true,
      choices: ['beads'],
    },
  ],
  flags: [],
  examples: ['mnemesh export > records.jsonl', 'mnemesh export beads > issues.jsonl'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const lines =
        call.argument('FORMAT') === 'beads' ? await beadsLines(mesh) : await recordLines(mesh);
      call.terminal.printAll(lines);
      return exitCodes.ok;
    }),
};

/** Every task as a line of a beads file, in the order of their ids. */
export async function beadsLines(mesh: Mesh): Promise<readonly string[]> {
  const issues = (await everyRecord(mesh.tasks)).map(issueOfTask);
  issues.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
  return issues.map(canonicalJson);
}

/** Every record of the collections' default namespaces, in the order of collection and id. */
export async function recordLines(mesh: Mesh): Promise<readonly string[]> {
  const collections = { memory: mesh.memory, task: mesh.tasks, tool: mesh.tools };
  const lines: string[] = [];
  for (const [collection, records] of Object.entries(collections)) {
    const all = await everyRecord(records as Collection<RecordView, never, never>);
    all.sort((a, b) => (a.id < b.id ? -1 : 1));
    for (const record of all) lines.push(canonicalJson({ collection, ...record } as never));
  }
  return [...lines, ...(await conversationLines(mesh)), ...(await proseLines(mesh))];
}

/** Each prose document with its text. When this device took in its last change is nobody else's business. */
async function proseLines(mesh: Mesh): Promise<readonly string[]> {
  const lines: string[] = [];
  const all = await everyRecord(mesh.prose);
  for (const { id } of all.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const { editedAt: _, ...document } = (await mesh.prose.get(id)) ?? {};
    lines.push(canonicalJson({ collection: 'prose', ...document } as never));
  }
  return lines;
}

/** Each conversation of the default namespace, and after it its events in their order. */
async function conversationLines(mesh: Mesh): Promise<readonly string[]> {
  const lines: string[] = [];
  const all = await everyRecord(mesh.conversations);
  for (const conversation of all.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    lines.push(canonicalJson({ collection: 'conversation', ...conversation } as never));
    let page = await mesh.conversations.events(conversation.id, { limit: PAGE });
    while (page.length > 0) {
      for (const event of page)
        lines.push(canonicalJson({ collection: 'event', ...event } as never));
      const after = page.at(-1) as ConversationEvent;
      page = await mesh.conversations.events(conversation.id, { limit: PAGE, after });
    }
  }
  return lines;
}

/** Records read from the store at a time. */
const PAGE = 1000;

export async function everyRecord<View extends RecordView>(
  collection: Pick<Collection<View, never, never>, 'list'>,
): Promise<View[]> {
  const all: View[] = [];
  for (;;) {
    const before = all.at(-1);
    const page = await collection.list({
      archived: 'any',
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}
