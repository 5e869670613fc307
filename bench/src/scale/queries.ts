import type { RecallOptions } from '@mnemesh/core';
import { seeded } from '../data/seeded.js';
import { identifierOf, pathOf } from './corpus.js';

export interface Asked {
  readonly query: string;
  readonly options: RecallOptions;
}

/** Words are as in the texts: `w1` stands in nearly all of them, `w19000` in hardly any. */
const VOCABULARY = 20_000;

export const queryKinds = {
  'rare words': (random) => ({ query: `w${rare(random)} w${rare(random)}`, options: {} }),
  'common words': (random) => ({ query: `w${common(random)} w${common(random)}`, options: {} }),
  'mixed words': (random) => ({
    query: `when did w${common(random)} meet w${rare(random)} near w${middling(random)}?`,
    options: {},
  }),
  identifiers: (random, records) => ({ query: identifierOf(random() * records), options: {} }),
  paths: (random, records) => ({ query: pathOf(random() * records), options: {} }),
  'filtered by collection': (random) => ({
    query: `w${common(random)} w${middling(random)}`,
    options: { collection: 'task' },
  }),
  'filtered by namespace': (random) => ({
    query: `w${common(random)} w${middling(random)}`,
    options: { namespaces: ['conversations'] },
  }),
  'as of a date': (random) => ({
    query: `w${middling(random)} w${rare(random)}`,
    options: { asOf: '2026-03-01' },
  }),
} as const satisfies Record<string, (random: () => number, records: number) => Asked>;

export type QueryKind = keyof typeof queryKinds;

/** The same for every run. */
export function queriesOf(kind: QueryKind, count: number, records: number): readonly Asked[] {
  const random = seeded(kind.length);
  return Array.from({ length: count }, () => queryKinds[kind](random, records));
}

function rare(random: () => number): number {
  return Math.floor(VOCABULARY * (0.5 + random() / 2));
}

function middling(random: () => number): number {
  return Math.floor(100 + random() * 900);
}

function common(random: () => number): number {
  return Math.floor(1 + random() * 20);
}
