import type { Conversations, ImportedEvent } from '@mnemesh/core';
import { isArray } from '../imports/json-value.js';
import { CHUNK_RECORDS, faultOf, written } from '../imports/outcome.js';
import { readJson } from '../imports/read-json.js';
import { recordsOf, type SampleRecords } from './records.js';
import { parseSample } from './sample.js';

export interface LocomoReport {
  readonly conversations: number;
  readonly sessions: number;
  readonly events: number;
  /** Records that were not here before. */
  readonly created: number;
  readonly unchanged: number;
  /** Records that somebody forgot; they stay so. */
  readonly forgotten: number;
  readonly bad: readonly { readonly conversation: number; readonly reason: string }[];
}

export interface LocomoOptions {
  /** What ids are derived from beside the file's own names; default `locomo`. */
  readonly source?: string;
  readonly onProgress?: (events: number) => void;
}

/**
 * Brings the conversations of a LoCoMo file into `conversations`: every turn an event, with its session,
 * speaker, date and what its image shows. Events are written once, so that importing again adds only
 * what is not here. The file's questions and summaries are left out.
 * @throws MnemeshError `bad_input` when the text is no such file
 */
export async function importLocomo(
  conversations: Conversations,
  text: string,
  { source = 'locomo', onProgress = () => undefined }: LocomoOptions = {},
): Promise<LocomoReport> {
  const file = readJson(text);
  const samples = isArray(file) ? file : [file];
  const counts = {
    conversations: 0,
    sessions: 0,
    events: 0,
    created: 0,
    unchanged: 0,
    forgotten: 0,
  };
  const bad: { conversation: number; reason: string }[] = [];
  for (const [i, one] of samples.entries()) {
    try {
      const sample = parseSample(one);
      const records = recordsOf(sample, source);
      await importSample(conversations, records, counts, onProgress);
      counts.conversations += 1;
      counts.sessions += sample.sessions.length;
    } catch (error) {
      bad.push({ conversation: i + 1, reason: faultOf(error) });
    }
  }
  return { ...counts, bad };
}

type Counts = { events: number; created: number; unchanged: number; forgotten: number };

async function importSample(
  conversations: Conversations,
  { conversation, events }: SampleRecords,
  counts: Counts,
  onProgress: (events: number) => void,
): Promise<void> {
  const known = await conversations.get(conversation.id);
  if (known !== undefined) counts.unchanged += 1;
  else counts[await written(conversations.import(conversation))] += 1;
  for (let from = 0; from < events.length; from += CHUNK_RECORDS) {
    const chunk = events.slice(from, from + CHUNK_RECORDS);
    const outcomes = await Promise.all(chunk.map((event) => importEvent(conversations, event)));
    for (const outcome of outcomes) counts[outcome] += 1;
    counts.events += chunk.length;
    onProgress(counts.events);
  }
}

async function importEvent(
  conversations: Conversations,
  event: ImportedEvent,
): Promise<'created' | 'unchanged' | 'forgotten'> {
  if ((await conversations.event(event.id)) !== undefined) return 'unchanged';
  return written(conversations.importEvents([event]));
}
