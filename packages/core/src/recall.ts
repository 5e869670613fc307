import {
  type AgentId,
  homeSegment,
  MnemeshError,
  type Namespace,
  parseNamespace,
  proseRecord,
  type RecordId,
} from '@mnemesh/protocol';
import type { Json } from './collections/collection.js';
import { ConflictFinder } from './conflicts/found-conflicts.js';
import type { RankedRecord } from './ports/index.js';
import { excerptOf } from './prose/excerpt.js';
import { proseDefinition } from './prose/prose-document.js';
import { proseTextDefinition } from './prose/prose-text-definition.js';
import { momentMs } from './records/moment.js';
import type { StoredView } from './records/projection.js';
import { readRecord } from './records/shown.js';
import type { Replica } from './replica/replica.js';
import type { Session } from './session.js';

const DEFAULT_HITS = 10;
const MAX_HITS = 100;
/** Characters of a query. What is asked takes a few hundred; a document is no question. */
const QUERY_CHARS = 10_000;

export const recalledCollections = [
  'memory',
  'task',
  'tool',
  'conversation',
  'event',
  'prose',
] as const;

export interface RecallOptions {
  /** Default 10, at most 100. */
  readonly limit?: number;
  readonly namespaces?: readonly string[];
  readonly collection?: (typeof recalledCollections)[number];
  /** ISO 8601: only what was valid then, as it was known then. */
  readonly asOf?: string;
  /** What the texts of all hits may take together, in tokens as models count them, roughly. */
  readonly maxTokens?: number;
  /** Milliseconds since 1970 that ages are counted to. Default: this device's clock. */
  readonly now?: number;
}

export interface RecallAnswer {
  /** Best first. Quoted evidence, never instructions. */
  readonly hits: readonly RecallHit[];
  /** Nothing found speaks of most of what was asked: better say that it is not known. */
  readonly abstain: boolean;
  /** Hits that were left out because of `maxTokens`. */
  readonly omitted: number;
  /** What to know of this answer: that the embedder was not reached, for example, and words alone ranked it. */
  readonly note?: string;
  /** Segments this replica holds, of those it knows to exist. */
  readonly coverage: { readonly held: number; readonly known: number };
}

export interface RecallHit {
  readonly id: RecordId;
  readonly namespace: Namespace;
  readonly collection: string;
  /** `mnemesh://namespace/id`: stable, and what `get` finds the record by. */
  readonly uri: string;
  /** The text that was matched; of a prose document its title and the part that holds most of what was asked. */
  readonly text: string;
  /** Comparable within one answer only. */
  readonly score: number;
  /** Why it is here: the words that matched, and what else speaks for it. */
  readonly why: string;
  readonly author: AgentId;
  /** Who said it, in a conversation. */
  readonly speaker?: string;
  readonly conversation?: RecordId;
  readonly createdAt: string;
  /** When it happened, where a source told. */
  readonly at?: string;
  readonly validFrom?: string;
  readonly validTo?: string;
  /** Some value of it stands beside another, or another item of its topic contradicts it. */
  readonly conflicted: boolean;
  readonly tokens: number;
}

/** Asks the replica's recaller, and notes what its session is shown. */
export async function recall(
  replica: Replica,
  session: Session,
  query: string,
  options: RecallOptions = {},
): Promise<RecallAnswer> {
  replica.refuseWhenClosed();
  const { recaller, store } = replica;
  if (recaller === undefined) {
    throw new MnemeshError(
      'bad_input',
      'This mesh was opened without recall. Open it with `recall: lexicalRecall()`.',
    );
  }
  checkQuery(query);
  await replica.prose.texts.settle();
  const { ranked, abstain, omitted, note } = await recaller.recall(store, {
    query,
    limit: parseLimit(options.limit),
    now: options.now ?? replica.runtime.now(),
    ...(options.namespaces === undefined
      ? {}
      : { namespaces: options.namespaces.map(parseNamespace) }),
    ...(options.collection === undefined
      ? {}
      : { collection: parseCollection(options.collection) }),
    ...(options.asOf === undefined ? {} : { asOf: parseTime(options.asOf) }),
    ...(options.maxTokens === undefined ? {} : { maxTokens: parseTokens(options.maxTokens) }),
  });
  const held = replica.segments.heads.stored;
  const contradicted = await new ConflictFinder(replica).contradicted(
    ranked.map(({ record }) => record),
  );
  return {
    hits: ranked.map((one) => hitOf(one, query, session, contradicted.has(one.record))),
    abstain,
    omitted,
    ...(note === undefined ? {} : { note }),
    coverage: { held, known: held + replica.status.awaited },
  };
}

function checkQuery(query: unknown): void {
  if (typeof query !== 'string' || query.trim() === '')
    throw new MnemeshError('bad_input', 'Recall needs at least one word.');
  if (query.length > QUERY_CHARS) {
    throw new MnemeshError(
      'too_large',
      `This query has ${query.length} characters; at most ${QUERY_CHARS} are read. Ask in fewer words.`,
    );
  }
}

function parseLimit(limit: number = DEFAULT_HITS): number {
  if (Number.isInteger(limit) && limit >= 1) return Math.min(limit, MAX_HITS);
  throw new MnemeshError('bad_input', `"limit" is a whole number from 1 to ${MAX_HITS}.`);
}

function parseTokens(tokens: number): number {
  if (Number.isInteger(tokens) && tokens >= 1) return tokens;
  throw new MnemeshError('bad_input', '"maxTokens" is a whole number from 1.');
}

function parseCollection(name: string): string {
  if (name === proseDefinition.name) return proseTextDefinition.name;
  if ((recalledCollections as readonly string[]).includes(name)) return name;
  throw new MnemeshError(
    'bad_input',
    `There is no collection "${name}" to recall from. There are: ${recalledCollections.join(', ')}.`,
  );
}

function parseTime(text: string): number {
  const time = typeof text === 'string' ? momentMs(text) : undefined;
  if (time !== undefined) return time;
  throw new MnemeshError('bad_input', `"asOf" is a date like 2026-03-01, not "${text}".`);
}

function hitOf(
  { record, score, why, tokens }: RankedRecord,
  query: string,
  session: Session,
  isContradicted: boolean,
): RecallHit {
  const { fields, createdAt, createdBy } = readRecord(session, record);
  // What is found of a prose document is its text; what is named is the document.
  const prose = proseRecord(homeSegment(record.id));
  const id = prose ?? record.id;
  return {
    id,
    namespace: record.namespace,
    collection: prose === undefined ? record.collection : proseDefinition.name,
    uri: `mnemesh://${record.namespace}/${id}`,
    text: prose === undefined ? textOf(fields) : excerptOf(record.text, query),
    score,
    why: why.join('; '),
    author: createdBy as AgentId,
    ...(record.thread === undefined ? {} : { conversation: record.thread as RecordId }),
    ...texts(fields, ['speaker', 'at', 'validFrom', 'validTo']),
    createdAt,
    conflicted: record.conflicted || isContradicted,
    tokens,
  };
}

/** What of a record is its text, whatever its collection. */
function textOf(fields: StoredView['fields']): string {
  const { content, title, text, caption, tool, args, result } = fields;
  const said = content ?? title ?? text;
  if (said !== undefined) return String(said);
  if (caption !== undefined) return String(caption);
  const parts = [tool, args, result].filter((part) => part !== undefined);
  return parts.map((part) => (typeof part === 'string' ? part : JSON.stringify(part))).join(' ');
}

function texts<Name extends string>(
  fields: Readonly<Record<string, Json>>,
  names: readonly Name[],
): { readonly [N in Name]?: string } {
  const found = names.flatMap((name) => {
    const value = fields[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(found) as { readonly [N in Name]?: string };
}
