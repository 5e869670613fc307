import { seeded } from './seeded.js';

/** What all subjects write: a memory of an agent, about 300 bytes of JSON. */
export interface BenchRecord {
  readonly id: string;
  /** JSON that begins with the id, so that whoever stores only the text can tell the record. */
  readonly text: string;
}

/** Bytes of the longest part; with the other fields a record comes to about 300. */
const CONTENT_CHARS = 200;
const SYLLABLES = ['ka', 'lo', 'mer', 'ti', 'su', 'ran', 'do', 'vel', 'ig', 'pho', 'ne', 'quar'];
const KINDS = ['observation', 'fact', 'decision', 'procedure'];

/** The same records for the same name and seed, wherever they are made. */
export function makeRecords(name: string, count: number, seed = 1): readonly BenchRecord[] {
  const next = seeded(seed + hashOf(name));
  return Array.from({ length: count }, (_, n) => makeRecord(`${name}-${n}`, next));
}

/** The id of the record whose text this is. */
export function idOf(text: string): string {
  return (JSON.parse(text) as { readonly id: string }).id;
}

function makeRecord(id: string, next: () => number): BenchRecord {
  let content = '';
  while (content.length < CONTENT_CHARS) content += `${word(next)} `;
  const text = JSON.stringify({
    id,
    kind: KINDS[Math.floor(next() * KINDS.length)],
    topic: word(next),
    importance: Math.round(next() * 100) / 100,
    content: content.slice(0, CONTENT_CHARS),
  });
  return { id, text };
}

function word(next: () => number): string {
  const syllables = 1 + Math.floor(next() * 4);
  let text = '';
  for (let n = 0; n < syllables; n++) text += SYLLABLES[Math.floor(next() * SYLLABLES.length)];
  return text;
}

function hashOf(text: string): number {
  let hash = 0;
  for (const char of text) hash = (Math.imul(hash, 31) + (char.codePointAt(0) as number)) | 0;
  return hash;
}
