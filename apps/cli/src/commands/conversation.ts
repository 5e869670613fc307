import type { Conversation, ConversationEvent, Conversations } from '@mnemesh/core';
import { MnemeshError, parseRecordId, type RecordId } from '@mnemesh/protocol';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given, numberFlag, wordsFlag } from '../command-line/flag-values.js';
import { ackedFlag, finishWrite, reachedText, withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { oneLine } from './record-text.js';

const MOST = 10_000;
const namespaceFlag = {
  name: 'namespace',
  value: 'NAME',
  help: 'where it is (default conversations)',
} as const;
const conversationArgument = {
  name: 'ID',
  help: "a conversation's id, or its ref (locomo:conv-7)",
};

export const conversationAdd: Command = {
  words: ['conversation', 'add'],
  summary: 'Begins a conversation, or adds to one what was said',
  details:
    'With --to, TEXT is the next event of that conversation; without, it is the title of a new one.',
  arguments: [{ name: 'TEXT', help: 'the title, or what was said' }],
  flags: [
    { name: 'to', value: 'ID', help: 'the conversation to add to' },
    { name: 'speaker', value: 'NAME', help: 'who said it' },
    { name: 'participants', value: 'A,B', help: 'who takes part in a new one' },
    namespaceFlag,
    ackedFlag,
  ],
  examples: [
    'mnemesh conversation add "Release review" --participants ana,bo',
    'mnemesh conversation add "We ship on Fridays" --to 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB --speaker ana',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      const conversations = conversationsOf(call, open.mesh.conversations);
      const text = call.argument('TEXT') as string;
      const to = call.flag('to');
      const record =
        to === undefined
          ? await conversations.create({
              title: text,
              ...given<{ participants: readonly string[] }>({
                participants: wordsFlag(call, 'participants'),
              }),
            })
          : await conversations.append((await find(conversations, to)).id, {
              text,
              ...given<{ speaker: string }>({ speaker: call.flag('speaker') }),
            });
      const reached = await finishWrite(call, open);
      if (call.terminal.json) call.terminal.printJson({ reached, record });
      else {
        const line = 'title' in record ? conversationLine : eventLine;
        call.terminal.print(line(call.terminal, record as Conversation & ConversationEvent));
        call.terminal.note(reachedText(open.mesh, reached));
      }
      return exitCodes.ok;
    }),
};

export const conversationList: Command = {
  words: ['conversation', 'list'],
  summary: 'Lists conversations, newest first',
  arguments: [],
  flags: [
    namespaceFlag,
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST})` },
  ],
  examples: ['mnemesh conversation list --limit 10'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const conversations = conversationsOf(call, mesh.conversations);
      const limit = numberFlag(call, 'limit', 1, MOST);
      const listed = await conversations.list(given<{ limit: number }>({ limit }));
      const total = await conversations.count();
      if (call.terminal.json) call.terminal.printJson({ total, conversations: listed });
      else {
        call.terminal.printAll(listed.map((one) => conversationLine(call.terminal, one)));
        const shown = listed.length < total ? `${listed.length} of ${total}` : `${total}`;
        call.terminal.note(`${shown} conversations`);
      }
      return exitCodes.ok;
    }),
};

export const conversationShow: Command = {
  words: ['conversation', 'show'],
  summary: 'Shows a conversation and what was said in it, in order',
  arguments: [conversationArgument],
  flags: [
    namespaceFlag,
    { name: 'limit', value: 'N', help: `how many events at most (default 50, at most ${MOST})` },
    { name: 'last', help: 'the last events, not the first' },
  ],
  examples: ['mnemesh conversation show locomo:conv-7 --last --limit 20'],
  run: (call) =>
    withMesh(call, async ({ mesh, catchUp }) => {
      await catchUp();
      const conversations = conversationsOf(call, mesh.conversations);
      const conversation = await find(conversations, call.argument('ID') as string);
      const events = await conversations.events(conversation.id, {
        last: call.isSet('last'),
        ...given<{ limit: number }>({ limit: numberFlag(call, 'limit', 1, MOST) }),
      });
      if (call.terminal.json) call.terminal.printJson({ ...conversation, events });
      else {
        call.terminal.print(conversationLine(call.terminal, conversation));
        call.terminal.printAll(events.map((event) => eventLine(call.terminal, event)));
      }
      return exitCodes.ok;
    }),
};

function conversationsOf(call: Call, conversations: Conversations): Conversations {
  const namespace = call.flag('namespace');
  return namespace === undefined ? conversations : conversations.in(namespace);
}

/** @throws MnemeshError `not_found` */
async function find(conversations: Conversations, name: string): Promise<Conversation> {
  const id = recordIdOf(name);
  const found =
    (id === undefined ? undefined : await conversations.get(id)) ??
    (await conversations.getByRef(name));
  if (found !== undefined) return found;
  throw new MnemeshError(
    'not_found',
    `There is no conversation "${name}" in ${conversations.namespace} on this device. Try: mnemesh conversation list`,
  );
}

function recordIdOf(name: string): RecordId | undefined {
  try {
    return parseRecordId(name);
  } catch {
    return undefined;
  }
}

function conversationLine(
  terminal: Terminal,
  { id, ref, title, participants }: Conversation,
): string {
  const who =
    participants.length === 0 ? '' : terminal.paint('dim', `  ${participants.join(', ')}`);
  return `${terminal.paint('cyan', ref ?? id)}  ${oneLine(title)}${who}`;
}

function eventLine(terminal: Terminal, event: ConversationEvent): string {
  const { speaker, role, kind, tool, text, caption, at, createdAt, session } = event;
  const who = speaker ?? role ?? tool ?? kind;
  const what = [text, caption === undefined ? undefined : `[${caption}]`].filter(Boolean).join(' ');
  const when = `${at ?? createdAt}${session === undefined ? '' : ` · session ${session}`}`;
  return `${terminal.paint('bold', who)}: ${oneLine(what === '' ? kind : what)}  ${terminal.paint('dim', when)}`;
}
