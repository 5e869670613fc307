import type { Json } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';
import { isObject } from '../imports/json-value.js';
import { readJson } from '../imports/read-json.js';

/*
 * A line of a transcript of Claude Code. There is no published schema; this is what its versions 1 and 2
 * write. Any field may be absent, or be something else in another version: then it is passed over.
 */

/** What cannot be read as `schema` counts as absent. */
function maybe<S extends v.GenericSchema>(schema: S) {
  return v.fallback(v.optional(schema), undefined as never);
}

const text = maybe(v.string());
const yes = maybe(v.boolean());
const count = maybe(v.pipe(v.number(), v.integer(), v.minValue(0)));

const usageSchema = v.object({
  input_tokens: count,
  output_tokens: count,
  cache_creation_input_tokens: count,
  cache_read_input_tokens: count,
});

const messageSchema = v.object({
  id: text,
  role: text,
  model: text,
  content: v.optional(v.unknown()),
  usage: maybe(usageSchema),
});

const entrySchema = v.object({
  type: v.string(),
  uuid: text,
  parentUuid: text,
  sessionId: text,
  agentId: text,
  timestamp: text,
  cwd: text,
  gitBranch: text,
  version: text,
  subtype: text,
  isSidechain: yes,
  isMeta: yes,
  isCompactSummary: yes,
  costUSD: maybe(v.pipe(v.number(), v.finite(), v.minValue(0))),
  message: maybe(messageSchema),
  /** Of a system line. */
  content: v.optional(v.unknown()),
  /** Of lines that give the session a name. */
  summary: text,
  leafUuid: text,
  aiTitle: text,
  customTitle: text,
});

export type Entry = v.InferOutput<typeof entrySchema>;
export type Usage = v.InferOutput<typeof usageSchema>;

/** A part of a message: what its kind has, where it has it. */
export interface Block {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly id?: string;
  readonly name?: string;
  readonly input?: Json;
  readonly toolUseId?: string;
  readonly content?: Json;
  readonly isError?: boolean;
}

/** @throws MnemeshError `bad_input` for a line that is no JSON object with a type */
export function parseEntry(line: string): Entry {
  const value = readJson(line);
  const parsed = v.safeParse(entrySchema, value);
  if (isObject(value) && parsed.success) return parsed.output;
  throw new MnemeshError('bad_input', 'The record is no JSON object with a "type".');
}

/** The parts of a message, whose content may be plain text. */
export function blocksOf(content: unknown): readonly Block[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  if (!Array.isArray(content)) return [];
  return content.flatMap((part: Json) => {
    if (typeof part === 'string') return [{ type: 'text', text: part }];
    return isObject(part) && typeof part.type === 'string' ? [blockOf(part.type, part)] : [];
  });
}

function blockOf(type: string, part: { readonly [name: string]: Json }): Block {
  const { text: said, thinking, id, name, input, tool_use_id, content, is_error } = part;
  return {
    type,
    ...(typeof said === 'string' ? { text: said } : {}),
    ...(typeof thinking === 'string' ? { thinking } : {}),
    ...(typeof id === 'string' ? { id } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(input === undefined ? {} : { input }),
    ...(typeof tool_use_id === 'string' ? { toolUseId: tool_use_id } : {}),
    ...(content === undefined ? {} : { content }),
    ...(is_error === true ? { isError: true } : {}),
  };
}
