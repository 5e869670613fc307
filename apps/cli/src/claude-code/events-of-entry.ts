import type { EventInput, Json } from '@mnemesh/core';
import { isArray, isObject, isStorable } from '../imports/json-value.js';
import { type Block, blocksOf, type Entry } from './entry.js';
import { SpentByMessage } from './spent.js';

/** Characters kept of one text, call or result: a file that a tool printed is on the disk, too. */
const TEXT_CHARS = 100_000;
/** Calls of which no result was seen yet. */
const OPEN_CALLS = 10_000;

export type TranscriptEvent = EventInput & {
  readonly extra?: { readonly [name: string]: Json };
};

/** Makes events of the lines of one session, in their order. */
export class SessionReader {
  readonly #spent = new SpentByMessage();
  /** Tools by the id of the call, for their results. */
  readonly #calls = new Map<string, string>();

  /** Undefined for a kind of line that says nothing of what was said or done. */
  read(entry: Entry): readonly TranscriptEvent[] | undefined {
    const said = this.#eventsOf(entry);
    if (said === undefined || said.length === 0) return said;
    const { fields, extra } = entry.type === 'assistant' ? this.#spent.of(entry) : NOTHING_SPENT;
    const common = { ...atOf(entry), ...modelOf(entry) };
    return said.map((event, i) => {
      const more = { ...event.extra, ...markOf(entry), ...(i === 0 ? extra : {}) };
      return {
        ...event,
        ...common,
        ...(i === 0 ? fields : {}),
        ...(Object.keys(more).length === 0 ? {} : { extra: more }),
      };
    });
  }

  #eventsOf(entry: Entry): readonly TranscriptEvent[] | undefined {
    const { type, message, subtype } = entry;
    switch (type) {
      case 'user':
      case 'assistant':
        return blocksOf(message?.content).flatMap((block) => this.#eventOf(block, entry));
      case 'system': {
        const text = textOf(entry.content as Json | undefined);
        if (text === '') return [];
        return [
          {
            kind: 'note',
            role: 'system',
            text,
            ...(subtype === undefined ? {} : { extra: { subtype } }),
          },
        ];
      }
      default:
        return undefined;
    }
  }

  #eventOf(block: Block, { type, isMeta = false, isCompactSummary = false }: Entry) {
    const who =
      type === 'user'
        ? ({ role: 'user', speaker: 'user' } as const)
        : ({ role: 'assistant', speaker: 'Claude' } as const);
    switch (block.type) {
      case 'text': {
        const text = cut(block.text ?? '');
        const kind = isMeta || isCompactSummary ? 'note' : 'message';
        return text.trim() === '' ? [] : [{ kind, ...who, text } as const];
      }
      case 'thinking': {
        const text = cut(block.thinking ?? '');
        return text.trim() === ''
          ? []
          : [{ kind: 'note', ...who, text, extra: { block: 'thinking' } } as const];
      }
      case 'image':
      case 'document':
        return [{ kind: 'message', ...who, caption: `(${block.type})` } as const];
      case 'tool_use':
      case 'server_tool_use':
        return [this.#callOf(block)];
      default:
        return block.toolUseId === undefined ? [] : [this.#resultOf(block, block.toolUseId)];
    }
  }

  #callOf({ id, name = 'unknown', input }: Block): TranscriptEvent {
    const tool = name.slice(0, 200) || 'unknown';
    if (id !== undefined) this.#remember(id, tool);
    return {
      kind: 'tool_call',
      role: 'assistant',
      speaker: 'Claude',
      tool,
      ...(input === undefined ? {} : { args: argsOf(input) }),
      ...(id === undefined ? {} : { extra: { call: id } }),
    };
  }

  #resultOf({ content, isError = false }: Block, call: string): TranscriptEvent {
    const tool = this.#calls.get(call);
    this.#calls.delete(call);
    return {
      kind: 'tool_result',
      role: 'tool',
      ...(tool === undefined ? {} : { tool }),
      result: textOf(content),
      extra: { call, ...(isError ? { isError } : {}) },
    };
  }

  #remember(id: string, tool: string): void {
    this.#calls.set(id, tool);
    if (this.#calls.size <= OPEN_CALLS) return;
    for (const oldest of this.#calls.keys()) {
      this.#calls.delete(oldest);
      return;
    }
  }
}

const NOTHING_SPENT = { fields: {}, extra: {} } as const;

/** A text, or the texts of a list of parts; what is no text is named. */
function textOf(content: Json | undefined): string {
  if (content === undefined || content === null) return '';
  if (typeof content === 'string') return cut(content);
  if (!isArray(content)) return cut(JSON.stringify(content));
  return cut(
    content
      .map((part) => {
        if (!isObject(part)) return String(part);
        return typeof part.text === 'string' ? part.text : `(${String(part.type ?? 'part')})`;
      })
      .join('\n'),
  );
}

function argsOf(input: Json): Json {
  const text = JSON.stringify(input);
  return text.length <= TEXT_CHARS && isStorable(input) ? input : cut(text);
}

function cut(text: string): string {
  if (text.length <= TEXT_CHARS) return text;
  return `${text.slice(0, TEXT_CHARS)}\n… (${text.length - TEXT_CHARS} characters more)`;
}

function atOf({ timestamp }: Entry): { readonly at?: string } {
  return timestamp !== undefined && /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(timestamp)
    ? { at: timestamp }
    : {};
}

function modelOf({ message }: Entry): { readonly model?: string } {
  const model = message?.model;
  return model === undefined || model === '' || model.length > 200 ? {} : { model };
}

function markOf({ isSidechain = false, isCompactSummary = false }: Entry) {
  return {
    ...(isSidechain ? { sidechain: true } : {}),
    ...(isCompactSummary ? { compacted: true } : {}),
  };
}
