import {
  canonicalJson,
  type ImportedItem,
  type Json,
  type MemoryItem,
  type MemoryKind,
  type MemoryPatch,
  memoryKinds,
  momentMs,
  type Sensitivity,
  sensitivities,
} from '@mnemesh/core';
import { isArray, isObject, type JsonObject } from '../imports/json-value.js';
import { isPlain, type Note, readFront } from './front-matter.js';

/** As long as an item's fields may be. */
const WORD_CHARS = 200;
const TAG_CHARS = 100;
const SOURCE_CHARS = 500;
const SOURCES = 100;

/** What `extra.markdown` of an imported item says: which file it is, and its front matter. */
export interface Kept {
  readonly path: string;
  readonly source: string;
  readonly front?: JsonObject;
  /** Instead, where it says what JSON cannot. */
  readonly raw?: string;
}

/** What front matter says that may change on an item; its text, kind, topic and sources may not. */
type Changeable = Pick<
  MemoryPatch,
  'importance' | 'validFrom' | 'validTo' | 'pinned' | 'sensitivity'
>;

/** What its file calls the topic. An item that takes the place of others is in their topics, whatever the file says. */
export function writtenTopicOf(item: Pick<MemoryItem, 'extra'>): string | undefined {
  return topicOf(frontKept(item));
}

/** The name under which a file is among the sources of its item. */
export function sourceOf(source: string, path: string): string {
  return `${source}/${path}`;
}

export function itemOfNote(
  { raw, front, body }: Note,
  kept: Omit<Kept, 'front' | 'raw'>,
  kind: MemoryKind,
): ImportedItem['input'] {
  const topic = topicOf(front);
  return {
    content: contentOf(front, body, kept.path),
    kind: kindOf(front) ?? kind,
    ...(topic === undefined ? {} : { topic }),
    ...changeableOf(front),
    tags: tagsOf(front),
    sources: [
      ...new Set([sourceOf(kept.source, kept.path), ...wordsOf(front.sources ?? front.source)]),
    ]
      .filter((one) => one.length <= SOURCE_CHARS)
      .slice(0, SOURCES),
    extra: { markdown: { ...kept, ...frontOf(raw, front) } },
  };
}

/** Undefined for an item that no import of Markdown brought in. */
export function keptOf({ extra }: Pick<MemoryItem, 'extra'>): Kept | undefined {
  const kept = extra?.markdown;
  return isObject(kept) && typeof kept.path === 'string' ? (kept as unknown as Kept) : undefined;
}

/**
 * What changed in the front matter since `item` was imported. What was changed on the item here and
 * not in the file stays. Undefined when nothing did.
 */
export function changesOf(item: MemoryItem, next: ImportedItem['input']): MemoryPatch | undefined {
  if (frontKey(item) === frontKey(next)) return undefined;
  const [before, now] = [frontKept(item), frontKept(next)];
  const [old, fresh] = [changeableOf(before), changeableOf(now)];
  const names = new Set([...Object.keys(old), ...Object.keys(fresh)]) as Set<keyof Changeable>;
  const changed = [...names].filter((name) => old[name] !== fresh[name]);
  const [oldTags, tags] = [tagsOf(before), tagsOf(now)];
  return {
    ...Object.fromEntries(changed.map((name) => [name, fresh[name] ?? null])),
    tags: {
      add: tags.filter((tag) => !oldTags.includes(tag)),
      remove: oldTags.filter((tag) => !tags.includes(tag)),
    },
    ...(next.extra === undefined ? {} : { extra: next.extra }),
  };
}

function frontKey(item: Pick<MemoryItem, 'extra'>): string {
  const { front = {}, raw = null } = keptOf(item) ?? {};
  return canonicalJson({ front, raw });
}

function frontKept(item: Pick<MemoryItem, 'extra'>): JsonObject {
  const { front = {}, raw } = keptOf(item) ?? {};
  return raw === undefined ? front : readFront(raw);
}

function frontOf(raw: string | undefined, front: JsonObject): Pick<Kept, 'front' | 'raw'> {
  if (raw === undefined || Object.keys(front).length === 0) return {};
  return isPlain(front) ? { front } : { raw };
}

/** The text, under its title: people search for titles, and a text may not repeat its own. */
function contentOf({ title }: JsonObject, body: string, path: string): string {
  if (/^#{1,6} /.test(body)) return body;
  const name = path.slice(path.lastIndexOf('/') + 1).replace(/\.[^.]+$/, '');
  const heading = typeof title === 'string' && title.trim() !== '' ? title.trim() : name;
  return body === '' ? `# ${heading}` : `# ${heading}\n\n${body}`;
}

function kindOf({ kind, type }: JsonObject): MemoryKind | undefined {
  return memoryKinds.find((one) => one === kind || one === type);
}

function topicOf({ topic, topics }: JsonObject): string | undefined {
  return wordsOf(topic ?? topics).find((one) => one.length <= WORD_CHARS);
}

/** A list, or words between commas; with the sign that some editors put before a tag, or without. */
function tagsOf({ tags, tag, topics }: JsonObject): readonly string[] {
  const named = tags ?? tag;
  const words =
    typeof named === 'string' && !named.includes(',') && named.startsWith('#')
      ? named.split(/\s+/)
      : wordsOf(named);
  const plain = [...words, ...wordsOf(topics).slice(1)].map((word) => word.replace(/^#/, ''));
  return [...new Set(plain)].filter((one) => one !== '' && one.length <= TAG_CHARS);
}

function changeableOf(front: JsonObject): Changeable {
  const { importance, pinned, sensitivity } = front;
  const validFrom = momentOf(front.validFrom ?? front.valid_from);
  const validTo = momentOf(front.validTo ?? front.valid_to);
  const isSpan =
    validFrom === undefined ||
    validTo === undefined ||
    Number(momentMs(validFrom)) < Number(momentMs(validTo));
  return {
    ...(typeof importance === 'number' && importance >= 0 && importance <= 1 ? { importance } : {}),
    ...(validFrom === undefined ? {} : { validFrom }),
    ...(validTo === undefined || !isSpan ? {} : { validTo }),
    ...(typeof pinned === 'boolean' ? { pinned } : {}),
    ...(isSensitivity(sensitivity) ? { sensitivity } : {}),
  };
}

function isSensitivity(value: Json | undefined): value is Sensitivity {
  return sensitivities.some((one) => one === value);
}

function momentOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && momentMs(value) !== undefined ? value : undefined;
}

function wordsOf(value: Json | undefined): readonly string[] {
  const list = isArray(value) ? value : typeof value === 'string' ? value.split(',') : [];
  return list
    .filter((one) => typeof one === 'string' || typeof one === 'number')
    .map((one) => String(one).trim())
    .filter((one) => one !== '');
}
