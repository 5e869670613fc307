import type { MemoryItem, MemoryQuery } from '@mnemesh/core';

/** What of the memory is looked at: all of it is in the address of the page. */
export interface MemoryFilters {
  readonly query: string;
  readonly kind?: string;
  readonly topic?: string;
  readonly tag?: string;
  /** An agent's id. */
  readonly author?: string;
  readonly namespace?: string;
  /** ISO 8601. */
  readonly asOf?: string;
  /** With what others took the place of. */
  readonly replaced: boolean;
}

const names = ['kind', 'topic', 'tag', 'author', 'namespace', 'asOf'] as const;
export type FilterName = (typeof names)[number];

export function readFilters(search: URLSearchParams): MemoryFilters {
  const chosen = names.flatMap((name) => {
    const value = search.get(name);
    return value === null || value === '' ? [] : [[name, value] as const];
  });
  return {
    query: search.get('q') ?? '',
    ...(Object.fromEntries(chosen) as Partial<Record<FilterName, string>>),
    replaced: search.has('replaced'),
  };
}

export function isFiltered({ kind, topic, tag, author, namespace, asOf }: MemoryFilters): boolean {
  return [kind, topic, tag, author, namespace, asOf].some((one) => one !== undefined);
}

/** What the store can answer of them; `admits` does the rest. */
export function queryOf({ kind, topic, asOf, replaced }: MemoryFilters): MemoryQuery {
  return {
    ...(kind === undefined ? {} : { state: kind }),
    ...(topic === undefined ? {} : { topic }),
    ...(asOf === undefined ? {} : { asOf }),
    ...(replaced ? {} : { superseded: false }),
  };
}

export function admits(filters: MemoryFilters, item: MemoryItem): boolean {
  const { kind, tag, author, topic } = filters;
  return (
    !item.archived &&
    (kind === undefined || item.kind === kind) &&
    (tag === undefined || item.tags.includes(tag)) &&
    (author === undefined || item.createdBy === author) &&
    (topic === undefined || same(item.topic, topic))
  );
}

/** Topics differ neither by case nor by spaces. */
function same(a: string | undefined, b: string): boolean {
  const plain = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ');
  return a !== undefined && plain(a) === plain(b);
}
