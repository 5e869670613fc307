import type { Prose, ProseDocument, ProseText } from '@mnemesh/core';
import { MnemeshError, parseRecordId, type RecordId } from '@mnemesh/protocol';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { given, numberFlag } from '../command-line/flag-values.js';
import {
  ackedFlag,
  finishWrite,
  type OpenCall,
  reachedText,
  withMesh,
} from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { fileArgument, readWhole } from '../imports/read-source.js';
import { outstandingLines } from './outstanding.js';
import { agentNames, oneLine } from './record-text.js';

const MOST = 10_000;
const idArgument = { name: 'ID', help: "the document's id" } as const;
const inFlag = {
  name: 'in',
  value: 'NAMESPACE',
  help: 'the namespace it is in (default shared/prose)',
};

export const proseAdd: Command = {
  words: ['prose', 'add'],
  summary: 'Begins a document that people and agents edit together',
  arguments: [{ name: 'TITLE', help: 'its title' }],
  flags: [
    { name: 'file', value: 'FILE', help: 'what it begins with; - for standard input' },
    { name: 'pinned', help: 'every session is to know it from the start' },
    inFlag,
    ackedFlag,
  ],
  examples: ['mnemesh prose add "Release notes" --file notes.md'],
  run: (call) =>
    withMesh(call, async (open) => {
      const file = call.flag('file');
      const document = await proseOf(call, open).create({
        title: call.argument('TITLE') as string,
        ...given<{ text: string; pinned: boolean }>({
          text: file === undefined ? undefined : await readWhole(file),
          pinned: call.isSet('pinned') || undefined,
        }),
      });
      return finish(call, open, document);
    }),
};

export const proseList: Command = {
  words: ['prose', 'list'],
  summary: 'Lists documents, newest first',
  arguments: [],
  flags: [
    inFlag,
    { name: 'limit', value: 'N', help: `how many at most (default 50, at most ${MOST})` },
  ],
  examples: ['mnemesh prose list'],
  run: (call) =>
    withMesh(call, async (open) => {
      await open.catchUp();
      const prose = proseOf(call, open);
      const limit = numberFlag(call, 'limit', 1, MOST);
      const documents = await prose.list(given<{ limit: number }>({ limit }));
      const total = await prose.count();
      if (call.terminal.json) call.terminal.printJson({ total, documents });
      else {
        call.terminal.printAll(documents.map((one) => proseLine(call.terminal, one)));
        const shown = documents.length < total ? `${documents.length} of ${total}` : `${total}`;
        call.terminal.note(`${shown} documents`);
      }
      return exitCodes.ok;
    }),
};

export const proseShow: Command = {
  words: ['prose', 'show'],
  summary: 'Prints the text of a document',
  arguments: [idArgument],
  flags: [inFlag],
  examples: ['mnemesh prose show 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB > notes.md'],
  run: (call) =>
    withMesh(call, async (open) => {
      await open.catchUp();
      const document = await find(proseOf(call, open), call);
      if (call.terminal.json) call.terminal.printJson(document);
      else {
        call.terminal.printText(document.text);
        call.terminal.note(proseLine(call.terminal, document));
      }
      return exitCodes.ok;
    }),
};

export const proseEdit: Command = {
  words: ['prose', 'edit'],
  summary: 'Makes the text of a document what a file says',
  details:
    'Only what differs is written, so what others type meanwhile stays. Give the text as "prose show"\n' +
    'printed it with --base: then what was typed since stays, too, and only your changes are made. Without it\n' +
    'the document becomes what the file says. --append adds the file to the end.',
  arguments: [idArgument, fileArgument('the new text')],
  flags: [
    { name: 'base', value: 'FILE', help: 'the text that the new one was made from' },
    { name: 'append', help: 'add the text to the end' },
    inFlag,
    ackedFlag,
  ],
  examples: [
    'mnemesh prose edit 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB notes.md --base notes.before.md',
    'mnemesh prose edit 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB - --append',
  ],
  run: (call) =>
    withMesh(call, async (open) => {
      const text = await readWhole(call.argument('FILE') as string);
      const base = call.flag('base');
      const from = base === undefined ? undefined : await readWhole(base);
      await open.catchUp();
      const prose = proseOf(call, open);
      const { id, text: now } = await find(prose, call);
      const edited = call.isSet('append')
        ? await prose.append(id, text)
        : await prose.replace(id, text, { base: from ?? now });
      return finish(call, open, edited);
    }),
};

export const proseForget: Command = {
  words: ['prose', 'forget'],
  summary: 'Forgets a document and its text for good, on every replica',
  arguments: [idArgument],
  flags: [inFlag, ackedFlag],
  examples: ['mnemesh prose forget 1.01JD6Q0S5XN4M8RZ3V7K2T9YWB'],
  run: (call) =>
    withMesh(call, async (open) => {
      await open.catchUp();
      const prose = proseOf(call, open);
      const id = idOf(call);
      await prose.forget(id);
      await open.mesh.scrub();
      const reached = await finishWrite(call, open);
      const status = await prose.forgotten(id);
      if (call.terminal.json) call.terminal.printJson({ reached, forgotten: id, status });
      else {
        call.terminal.print(`forgot ${id}`);
        call.terminal.note(reachedText(open.mesh, reached));
        if (status !== undefined)
          for (const line of outstandingLines(status, await agentNames(open.mesh)))
            call.terminal.note(line);
      }
      return exitCodes.ok;
    }),
};

async function finish(
  call: Call,
  open: OpenCall,
  record: ProseDocument,
): Promise<(typeof exitCodes)['ok']> {
  const reached = await finishWrite(call, open);
  if (call.terminal.json) call.terminal.printJson({ reached, record });
  else {
    call.terminal.print(proseLine(call.terminal, record));
    call.terminal.note(reachedText(open.mesh, reached));
  }
  return exitCodes.ok;
}

function proseOf(call: Call, { mesh }: OpenCall): Prose {
  const namespace = call.flag('in');
  return namespace === undefined ? mesh.prose : mesh.prose.in(namespace);
}

function idOf(call: Call): RecordId {
  return parseRecordId(call.argument('ID') as string);
}

/** @throws MnemeshError `not_found` */
async function find(prose: Prose, call: Call): Promise<ProseText> {
  const id = idOf(call);
  const found = await prose.get(id);
  if (found?.arrived === true) return found;
  if (found !== undefined)
    throw new MnemeshError(
      'not_found',
      `The text of "${found.title}" has not arrived on this device yet. Try again when the relay is reached.`,
    );
  throw new MnemeshError(
    'not_found',
    `There is no document ${id} in ${prose.namespace} on this device. Try: mnemesh prose list`,
  );
}

function proseLine(terminal: Terminal, { id, title, pinned }: ProseDocument): string {
  const mark = pinned === true ? terminal.paint('dim', '  pinned') : '';
  return `${terminal.paint('cyan', id)}  ${oneLine(title)}${mark}`;
}
