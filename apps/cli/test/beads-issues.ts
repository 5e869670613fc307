import type { Json } from '@mnemesh/core';
import * as fc from 'fast-check';

/** Any JSON value, also with the names and characters that need care. */
const anyJson: fc.Arbitrary<Json> = fc
  .jsonValue({ maxDepth: 2, depthSize: 'small' })
  .map((value) => JSON.parse(JSON.stringify(value)) as Json);
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.lorem({ maxCount: 8 }));
const word = fc.constantFrom('blocks', 'parent-child', 'discovered-from', 'a tracker’s own');
const time = fc
  .date({ min: new Date('2024-01-01'), max: new Date('2026-12-31'), noInvalidDate: true })
  .map((date) => date.toISOString().replace('Z', '123-08:00'));
const someId = fc.constantFrom('tm-1', 'tm-2', 'tm-x.7', 'other-9', 'tm-nowhere');

const dependency = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { issue_id: someId, depends_on_id: someId, type: word, created_at: time },
      { requiredKeys: ['depends_on_id', 'type'] },
    ),
  },
  { weight: 1, arbitrary: anyJson },
);
const comment = fc.record(
  { id: fc.nat(), issue_id: someId, author: text, text, created_at: time },
  { requiredKeys: ['author', 'text', 'created_at'] },
);

const odd = <T>(usual: fc.Arbitrary<T>): fc.Arbitrary<T | Json> =>
  fc.oneof(
    { weight: 9, arbitrary: usual as fc.Arbitrary<T | Json> },
    { weight: 1, arbitrary: anyJson },
  );

/** Fields of a line, besides its id and title: usual, odd, and unknown ones. */
const fields = fc.record(
  {
    description: odd(text),
    status: odd(
      fc.constantFrom('open', 'in_progress', 'hooked', 'blocked', 'closed', 'tombstone', 'pinned'),
    ),
    priority: odd(fc.integer({ min: 0, max: 4 })),
    issue_type: odd(fc.constantFrom('bug', 'task', 'epic')),
    assignee: odd(text),
    notes: odd(text),
    close_reason: odd(text),
    created_at: odd(time),
    updated_at: odd(time),
    closed_at: odd(time),
    deleted_at: odd(time),
    labels: odd(fc.array(fc.oneof(fc.constantFrom('b', 'a', 'ä'), text), { maxLength: 4 })),
    dependencies: odd(fc.array(dependency, { maxLength: 4 })),
    comments: odd(fc.array(comment, { maxLength: 3 })),
  },
  { requiredKeys: [] },
);
const unknown = fc.dictionary(
  fc.string({ maxLength: 8 }).map((name) => `x_${name}`),
  anyJson,
  { maxKeys: 2 },
);

export interface AnyIssue {
  readonly id: string;
  readonly [field: string]: Json;
}

/** A line that has what a record needs, and otherwise anything. */
export const anyIssue: fc.Arbitrary<AnyIssue> = fc
  .tuple(
    fc.nat({ max: 1_000_000 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
    fields,
    unknown,
  )
  .map(([n, title, known, others]) => ({ ...others, ...known, id: `tm-${n}`, title }) as AnyIssue);

/** Lines with different ids. */
export function anyIssues(count: number): fc.Arbitrary<readonly AnyIssue[]> {
  return fc.uniqueArray(anyIssue, { minLength: 1, maxLength: count, selector: ({ id }) => id });
}

/** What every test of a single rule starts from. */
export const plainIssue: AnyIssue = {
  id: 'tm-1',
  title: 'Show the tide on the bridge screen',
  description: 'The night watch asked for it.',
  status: 'in_progress',
  priority: 2,
  issue_type: 'feature',
  created_at: '2025-03-01T09:00:00.123456-03:00',
  created_by: 'ines',
  updated_at: '2025-03-05T10:00:00Z',
  labels: ['ui', 'night-watch'],
  dependencies: [
    {
      issue_id: 'tm-1',
      depends_on_id: 'tm-2',
      type: 'blocks',
      created_at: '2025-03-01T09:00:00Z',
      created_by: 'ines',
    },
    {
      issue_id: 'tm-1',
      depends_on_id: 'tm-3',
      type: 'parent-child',
      created_at: '2025-03-02T09:00:00Z',
      created_by: 'tomas',
    },
  ],
  comments: [
    {
      id: 4,
      issue_id: 'tm-1',
      author: 'tomas',
      text: 'Seen twice.',
      created_at: '2025-03-03T09:00:00Z',
    },
  ],
};
