import { BASE_FIELD, type RecordId, TOMBSTONE_FIELD, type Version } from '@mnemesh/protocol';
import { standing, type VerifiedEnvelope } from '@mnemesh/segment';
import fc from 'fast-check';
import { encodeUtf8 } from 'lib0/string';
import { expect, test } from 'vitest';
import { definitionOf } from '../src/collections/definitions.js';
import { type Json, policies } from '../src/index.js';
import { projectRecord, type StoredView } from '../src/records/projection.js';
import { causals } from './causal-arbitraries.js';
import { placeOf } from './scripted-peer.js';

const place = { ...placeOf('shared/tasks'), id: '1.a' as RecordId };

const bases: fc.Arbitrary<readonly [string, Json]> = fc
  .record({
    title: fc.constantFrom('One', 'Two'),
    priority: fc.constantFrom(1, 2),
    tags: fc.shuffledSubarray(['x', 'y', 'z']),
  })
  .map((values) => [BASE_FIELD, { collection: 'task', values }]);
const fields: fc.Arbitrary<readonly [string, Json]> = fc.constantFrom(
  ['priority', 3],
  ['priority', 4],
  ['priority', null],
  ['title', 'Three'],
  ['archived', true],
  ['archived', false],
  ['tags/x', 'x'],
  ['tags/x', null],
  ['tags/w', 'w'],
  ['unheard-of', { of: 'a later version' }],
);

/** What its bytes are does not matter to a projection. */
const bytes = new Uint8Array(0);
const signed = {} as VerifiedEnvelope['signed'];
const envelopeOf = ([field, data]: readonly [string, Json]): fc.Arbitrary<VerifiedEnvelope> =>
  causals.map((causal) => ({
    ...causal,
    id: place.id,
    field,
    data: encodeUtf8(JSON.stringify(data)),
    bytes,
    signed,
  }));
const someBases = fc.array(bases.chain(envelopeOf), { minLength: 1, maxLength: 3 });
const someFields = fc.array(fields.chain(envelopeOf), { maxLength: 8 });
const envelopes = fc.tuple(someBases, someFields).map((both) => withOwnVersions(both.flat()));

function withOwnVersions(list: readonly VerifiedEnvelope[]): VerifiedEnvelope[] {
  return list.map((envelope, n) => {
    const version = envelope.version.slice(0, 62) + (n + 16).toString(16);
    return { ...envelope, version: version as Version };
  });
}

const twoOrders = envelopes.chain((list) =>
  fc.tuple(
    fc.constant(list),
    fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }),
  ),
);

test.each(policies)(
  'under %s, envelopes in any order show one record, to the byte [CV] [ID]',
  (policy) => {
    fc.assert(
      fc.property(twoOrders, ([one, other]) => {
        const first = projectRecord(place, standing(one), definitionOf, () => ({ policy }));
        expect(first).toBeDefined();
        expect(projectRecord(place, standing(other), definitionOf, () => ({ policy }))).toEqual(
          first,
        );
      }),
      { numRuns: 500 },
    );
  },
);

test('every value that stands is in the view, chosen or as a conflict [CF]', () => {
  fc.assert(
    fc.property(envelopes, (list) => {
      const live = standing(list);
      const record = projectRecord(place, live, definitionOf, () => ({ policy: 'merge' }));
      const view = JSON.parse(record?.view ?? '') as StoredView;
      const written = live.filter(({ field }) => field === 'priority');
      const shown = view.conflicts
        .filter(({ field }) => field === 'priority')
        .flatMap(({ chosen, others }) => [chosen.value, ...others.map(({ value }) => value)]);
      for (const { data } of written) {
        const value = JSON.parse(Buffer.from(data).toString()) as Json;
        expect([...shown, view.fields.priority ?? null]).toContainEqual(value);
      }
      expect(record?.conflicted).toBe(view.conflicts.length > 0);
    }),
  );
});

test('a tombstone among them shows nothing, whatever else there is [DL]', () => {
  const tombstone = envelopeOf([TOMBSTONE_FIELD, null]);
  fc.assert(
    fc.property(envelopes, tombstone, (list, over) => {
      expect(standing([...list, over])).toEqual([over]);
      expect(
        projectRecord(place, [...list, over], definitionOf, () => ({ policy: 'merge' })),
      ).toBeUndefined();
    }),
  );
});

test('data that is no JSON, and bases of unknown collections, are nobody’s downfall', () => {
  const garbage = Uint8Array.of(0xff, 0xfe, 1);
  fc.assert(
    fc.property(envelopes, causals, (list, causal) => {
      const broken = { ...causal, id: place.id, bytes, signed, data: garbage };
      for (const field of [BASE_FIELD, 'title', 'tags/q', 'archived']) {
        const withBroken = [...list, { ...broken, field }];
        expect(() =>
          projectRecord(place, withBroken, definitionOf, () => ({ policy: 'merge' })),
        ).not.toThrow();
      }
      const alien = { ...broken, field: BASE_FIELD, data: encodeUtf8('{"collection":"alien"}') };
      expect(
        projectRecord(place, [alien], definitionOf, () => ({ policy: 'merge' })),
      ).toBeUndefined();
    }),
  );
});
