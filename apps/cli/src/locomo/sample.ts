import type { Json } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import { isArray, isObject, isStorable, type JsonObject } from '../imports/json-value.js';

/** One conversation of a LoCoMo file: https://github.com/snap-research/LoCoMo. */
export interface Sample {
  readonly id: string;
  readonly speakers: readonly string[];
  readonly sessions: readonly Session[];
}

export interface Session {
  /** From 1. */
  readonly number: number;
  /** ISO 8601 without a zone, as the file tells no zone. Undefined when its words are no date. */
  readonly at: string | undefined;
  readonly turns: readonly Turn[];
}

export interface Turn {
  /** `D1:3`: session and turn. */
  readonly id: string;
  readonly speaker: string;
  readonly text: string;
  readonly caption: string | undefined;
  /** What else the file says of it. */
  readonly extra: JsonObject;
}

/** Characters of a conversation's or turn's name; a reference to it must fit a record's `ref`. */
const NAME_CHARS = 80;

/** @throws MnemeshError `bad_input` telling what is wrong with the conversation */
export function parseSample(sample: Json | undefined): Sample {
  if (!isObject(sample)) throw bad('is no JSON object');
  const { sample_id: id, conversation } = sample;
  if (!isName(id)) throw bad('has no "sample_id"');
  if (!isObject(conversation)) throw bad('has no "conversation"');
  const speakers = [conversation.speaker_a, conversation.speaker_b].filter(isName);
  const numbers = Object.keys(conversation).flatMap((key) => {
    const [, number] = /^session_(\d+)$/.exec(key) ?? [];
    return number === undefined ? [] : [Number(number)];
  });
  const sessions = numbers
    .sort((a, b) => a - b)
    .map((number) => ({
      number,
      at: isoOf(conversation[`session_${number}_date_time`]),
      turns: turnsOf(conversation[`session_${number}`], number),
    }));
  if (sessions.length === 0) throw bad('has no sessions');
  return { id, speakers, sessions };
}

function turnsOf(turns: Json | undefined, session: number): readonly Turn[] {
  if (!isArray(turns)) throw bad(`has a session ${session} that is no list`);
  return turns.map((turn, i) => {
    const where = `turn ${i + 1} of session ${session}`;
    if (!isObject(turn) || !isStorable(turn)) throw bad(`has a ${where} that cannot be read`);
    const { dia_id: id, speaker, text, blip_caption: caption, ...extra } = turn;
    if (!isName(id)) throw bad(`has a ${where} without "dia_id"`);
    if (!isName(speaker)) throw bad(`has a ${where} without "speaker"`);
    if (typeof text !== 'string') throw bad(`has a ${where} without "text"`);
    return { id, speaker, text, caption: typeof caption === 'string' ? caption : undefined, extra };
  });
}

function isName(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== '' && value.length <= NAME_CHARS;
}

const MONTHS =
  'january february march april may june july august september october november december';

/** `1:56 pm on 8 May, 2023`. */
const DATE_TIME = /^(\d{1,2}):(\d{2}) (am|pm) on (\d{1,2}) ([a-z]+),? (\d{4})$/i;

function isoOf(text: Json | undefined): string | undefined {
  const [, hour, minute, half, day, name, year] = DATE_TIME.exec(String(text ?? '')) ?? [];
  const month = MONTHS.split(' ').indexOf((name ?? '').toLowerCase()) + 1;
  if (month === 0) return undefined;
  const hours = (Number(hour) % 12) + (half?.toLowerCase() === 'pm' ? 12 : 0);
  return `${year}-${two(month)}-${two(day)}T${two(hours)}:${minute}`;
}

function two(number: number | string | undefined): string {
  return String(number).padStart(2, '0');
}

function bad(what: string): MnemeshError {
  return new MnemeshError('bad_input', `The conversation ${what}.`);
}
