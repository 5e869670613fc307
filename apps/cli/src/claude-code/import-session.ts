import {
  type Conversation,
  type Conversations,
  type ImportedEvent,
  THREAD_POSITIONS,
} from '@mnemesh/core';
import { importedRecordId, type RecordId } from '@mnemesh/protocol';
import { CHUNK_RECORDS, faultOf, written } from '../imports/outcome.js';
import { type Entry, parseEntry } from './entry.js';
import { SessionReader, type TranscriptEvent } from './events-of-entry.js';

const IMPORTER = 'claude-code';
/** Places in the conversation that each line has: one for each part of its message. */
const LINE_PLACES = 16;
/** Characters of one line. Longer ones hold images or files, not what was said. */
const LINE_CHARS = 16 * 1024 * 1024;
const TITLE_CHARS = 120;
const NAME_CHARS = 80;

export interface Counts {
  lines: number;
  events: number;
  created: number;
  updated: number;
  unchanged: number;
  forgotten: number;
  tokensIn: number;
  tokensOut: number;
  /** Lines of a kind that says nothing of the conversation, by their type. */
  readonly other: Map<string, number>;
}

export interface SessionOptions {
  readonly source: string;
  /** The file's name without its ending, where it has one. */
  readonly stem: string | undefined;
  readonly counts: Counts;
  readonly onBad: (line: number, reason: string) => void;
  readonly onProgress: () => void;
}

/** What a file's first line that says something tells of its conversation. It stands, as files only grow. */
interface Begun {
  readonly key: string;
  readonly id: RecordId;
  readonly plainTitle: string;
}

/** @returns false when the lines held nothing that was said or done */
export async function importSession(
  conversations: Conversations,
  lines: AsyncIterable<string>,
  options: SessionOptions,
): Promise<boolean> {
  const run = new SessionRun(conversations, options);
  for await (const text of lines) {
    run.read(text);
    if (run.waiting >= CHUNK_RECORDS) await run.write();
  }
  await run.write();
  return run.name();
}

class SessionRun {
  readonly #conversations: Conversations;
  readonly #options: SessionOptions;
  readonly #reader = new SessionReader();
  readonly #seen = new Set<string>();
  readonly #titles: Partial<Record<'prompt' | 'ai' | 'custom', string | undefined>> = {};
  readonly #summaries: { readonly leaf: string | undefined; readonly text: string }[] = [];
  #waiting: { readonly line: number; readonly event: ImportedEvent }[] = [];
  #begun: Begun | undefined;
  #first: Entry | undefined;
  #line = 0;

  constructor(conversations: Conversations, options: SessionOptions) {
    this.#conversations = conversations;
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  read(text: string): void {
    this.#line += 1;
    if (text.trim() === '') return;
    const { counts, onBad } = this.#options;
    counts.lines += 1;
    if (text.length > LINE_CHARS) {
      onBad(this.#line, `is longer than ${LINE_CHARS} characters`);
      return;
    }
    try {
      this.#take(parseEntry(text));
    } catch (error) {
      onBad(this.#line, faultOf(error));
    }
  }

  async write(): Promise<void> {
    const chunk = this.#waiting;
    this.#waiting = [];
    if (chunk.length === 0) return;
    const { counts, onBad, onProgress } = this.#options;
    await Promise.all(
      chunk.map(async ({ line, event }) => {
        try {
          counts[await this.#writeOne(event)] += 1;
        } catch (error) {
          onBad(line, faultOf(error));
        }
      }),
    );
    onProgress();
  }

  /** Creates the conversation if need be, and gives it its title: what the session was named, or begins with. */
  async name(): Promise<boolean> {
    if (this.#begun === undefined) return false;
    const { id, plainTitle } = this.#begun;
    const { counts } = this.#options;
    const known = (await this.#conversations.get(id)) ?? (await this.#create(this.#begun));
    if (known === undefined) return true;
    const title = this.#title();
    const isOurs = known.title === plainTitle || known.title === this.#titles.prompt;
    if (title === undefined || title === known.title || !isOurs) return true;
    await this.#conversations.update(id, { title });
    if (known.title !== plainTitle) counts.updated += 1;
    return true;
  }

  async #create({ key, id, plainTitle }: Begun): Promise<Conversation | undefined> {
    const { cwd, gitBranch, version, sessionId } = this.#first ?? {};
    const metadata = Object.fromEntries(
      Object.entries({ cwd, gitBranch, version, session: sessionId }).filter(
        ([, value]) => value !== undefined,
      ),
    ) as Record<string, string>;
    const input = {
      title: plainTitle,
      kind: IMPORTER,
      participants: ['user', 'Claude'],
      metadata,
      ref: `${IMPORTER}:${key}`,
    };
    const outcome = await written(this.#conversations.import({ id, input }));
    this.#options.counts[outcome] += 1;
    return outcome === 'created' ? this.#conversations.get(id) : undefined;
  }

  #take(entry: Entry): void {
    const { counts } = this.#options;
    if (entry.uuid !== undefined) this.#seen.add(entry.uuid);
    if (this.#isTitle(entry)) return;
    const events = this.#reader.read(entry);
    if (events === undefined) {
      const type = entry.type.slice(0, NAME_CHARS);
      counts.other.set(type, (counts.other.get(type) ?? 0) + 1);
      return;
    }
    if (events.length === 0) return;
    const begun = this.#begin(entry);
    for (const [i, event] of events.entries()) {
      this.#titles.prompt ??= promptOf(event);
      counts.events += 1;
      counts.tokensIn += event.tokensIn ?? 0;
      counts.tokensOut += event.tokensOut ?? 0;
      this.#waiting.push({ line: this.#line, event: this.#imported(begun, entry, event, i) });
    }
  }

  #isTitle({ type, summary, leafUuid, aiTitle, customTitle }: Entry): boolean {
    if (type === 'summary' && summary !== undefined)
      this.#summaries.push({ leaf: leafUuid, text: summary });
    else if (type === 'ai-title' && aiTitle !== undefined) this.#titles.ai = titleOf(aiTitle);
    else if (type === 'custom-title' && customTitle !== undefined)
      this.#titles.custom = titleOf(customTitle);
    else return false;
    return true;
  }

  #begin(entry: Entry): Begun {
    if (this.#begun !== undefined) return this.#begun;
    this.#first = entry;
    const key = keyOf(this.#options.stem, entry);
    const id = importedRecordId(IMPORTER, this.#sourceOf(key), key, monthOf(entry));
    this.#begun = { key, id, plainTitle: `Claude Code session ${key}`.slice(0, TITLE_CHARS) };
    return this.#begun;
  }

  #imported({ key, id }: Begun, entry: Entry, event: TranscriptEvent, part: number): ImportedEvent {
    const { uuid } = entry;
    const line = uuid === undefined || uuid.length > NAME_CHARS ? `line-${this.#line}` : uuid;
    const name = `${key}/${line}/${part}`;
    const place = this.#line * LINE_PLACES + Math.min(part, LINE_PLACES - 1);
    return {
      id: importedRecordId(IMPORTER, this.#sourceOf(key), name, monthOf(entry)),
      input: {
        ...event,
        conversation: id,
        position: Math.min(place, THREAD_POSITIONS),
        ref: `${IMPORTER}:${name}`,
      },
    };
  }

  /** A segment for each session and month: all of a month's may be more than one segment can hold. */
  #sourceOf(key: string): string {
    return `${this.#options.source}/${key}`;
  }

  async #writeOne(event: ImportedEvent): Promise<'created' | 'unchanged' | 'forgotten'> {
    if ((await this.#conversations.event(event.id)) !== undefined) return 'unchanged';
    return written(this.#conversations.importEvents([event]));
  }

  /** Summaries of other sessions stand in a file, too. */
  #title(): string | undefined {
    const own = this.#summaries.findLast(({ leaf }) => leaf === undefined || this.#seen.has(leaf));
    const { custom, ai, prompt } = this.#titles;
    return custom ?? ai ?? titleOf(own?.text) ?? prompt;
  }
}

/** A session's own file bears its id; its helpers' files are conversations beside it. */
function keyOf(stem: string | undefined, { sessionId }: Entry): string {
  const session = sessionId?.slice(0, NAME_CHARS);
  if (stem === undefined) return session ?? 'stdin';
  const own = stem.slice(0, NAME_CHARS);
  const isHelper = own.startsWith('agent-') && session !== undefined && session !== own;
  return isHelper ? `${session}/${own}` : own;
}

function monthOf({ timestamp }: Entry): string | undefined {
  return /^\d{4}-(?:0[1-9]|1[0-2])(?=-)/.exec(timestamp ?? '')?.[0];
}

function promptOf({ kind, role, text }: TranscriptEvent): string | undefined {
  return kind === 'message' && role === 'user' && !text?.startsWith('<')
    ? titleOf(text)
    : undefined;
}

function titleOf(text: string | undefined): string | undefined {
  const line = (text ?? '').replace(/\s+/g, ' ').trim();
  if (line === '') return undefined;
  return line.length <= TITLE_CHARS ? line : `${line.slice(0, TITLE_CHARS - 1)}…`;
}
