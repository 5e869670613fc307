import type { RecordId, Version } from '@mnemesh/protocol';
import { ElementSet, type Place, placeKey } from '@mnemesh/segment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Author, context, type Written, type WrittenCommit } from './writing.js';

const everything = (): boolean => true;
const nothing = (): boolean => false;
const place = (clock: number, client = 1): Place => ({ client, clock });

interface Laid {
  readonly place: Place;
  readonly element: Uint8Array;
}

/** Lays elements at consecutive places of one client. */
function laid(client: number, ...commits: readonly WrittenCommit[]): readonly Laid[] {
  const elements = commits.flatMap((commit) => commit.elements);
  return elements.map((element, clock) => ({ place: place(clock, client), element }));
}

function setOf(elements: readonly Laid[], verdict: boolean | 'open' = true): ElementSet {
  const set = new ElementSet(context);
  for (const one of elements) set.add(one.place, one.element);
  if (verdict === 'open') return set;
  for (const commit of set.unverified()) set.settle(commit, verdict);
  return set;
}

function proven(set: ElementSet): readonly Version[] {
  return set.prove(set.versions()).map(({ version }) => version);
}

describe('what a set of elements proves', () => {
  test('nothing before its signature was checked, and nothing when it is false', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A'));
    const set = setOf(laid(1, commit), 'open');
    const version = commit.commit.versions[0] as Version;
    expect(proven(set)).toEqual([]);
    const [signed] = set.unverified();
    set.settle(signed as NonNullable<typeof signed>, false);
    expect(proven(set)).toEqual([]);
    expect(set.isPresent(version)).toBe(false);
    expect(set.unverified()).toEqual([]);
  });

  test('an envelope in a commit of its own', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A', 'status', [['00'.repeat(8), 7]]));
    const set = setOf(laid(1, commit));
    expect(set.prove(set.versions())).toMatchObject([
      {
        id: '1.A',
        field: 'status',
        agent: author.agent,
        clock: commit.commit.clock,
        version: commit.commit.versions[0],
        context: new Map([['00'.repeat(8), 7]]),
        bytes: commit.envelopes[0]?.bytes,
      },
    ]);
  });

  test('the envelopes a commit lists, in whatever order they arrive [ID]', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A'), author.envelope('1.B'));
    const elements = laid(1, commit);
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2], { minLength: 3 }), (order) => {
        const set = setOf(order.map((i) => elements[i] as Laid));
        expect(new Set(proven(set))).toEqual(new Set(commit.commit.versions));
      }),
    );
  });

  test('the rest of a commit, when a sibling was forgotten', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A'), author.envelope('1.B'));
    const set = setOf(laid(1, commit).filter((_, i) => i !== 1));
    expect(proven(set)).toEqual([commit.commit.versions[1]]);
  });

  test('no envelope that no commit lists', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A'), author.envelope('1.B'));
    const other = author.commit(author.envelope('1.C'), author.envelope('1.D'));
    const set = setOf([
      ...laid(1, commit),
      { place: place(0, 2), element: other.elements[1] as Uint8Array },
    ]);
    expect(new Set(proven(set))).toEqual(new Set(commit.commit.versions));
  });

  test('no authorship by copying: another’s envelope is another version, whoever arrives first [AU]', () => {
    const [alice, mallory] = [new Author(1), new Author(2)];
    const mine = alice.commit(alice.envelope('1.A'), alice.envelope('1.B'));
    const stolen = mine.envelopes.map(({ bytes }) => bytes);
    const theft = mallory.commit(
      ...stolen.map((bytes): Written => ({ bytes, version: mine.commit.versions[0] as Version })),
    );
    for (const order of [
      [mine, theft],
      [theft, mine],
    ]) {
      const set = setOf(order.flatMap((commit, i) => laid(i + 1, commit)));
      const found = set.prove(set.versions());
      // Mallory's commit lists Alice's versions; they are proven by Alice's commit alone, or not at all.
      const byAlice = found.filter(({ agent }) => agent === alice.agent);
      expect(new Set(byAlice.map(({ version }) => version))).toEqual(new Set(mine.commit.versions));
    }
  });

  test('one and the same commit, in whatever order two of one version arrive [CV]', () => {
    const author = new Author(1);
    const envelope = author.envelope('1.A');
    const twice = [author.commit(envelope), author.commit(envelope)];
    const clocks = [twice, [...twice].reverse()].map((order) => {
      const set = setOf(order.flatMap((commit, i) => laid(i + 1, commit)));
      return set.prove(set.versions()).map(({ clock }) => clock);
    });
    expect(clocks).toEqual([[1000], [1000]]);
  });

  test('a value signed twice is not held as the earlier commit says while only the later one is there', () => {
    const author = new Author(1);
    const envelope = author.envelope('1.A');
    const [earlier, later] = [author.commit(envelope), author.commit(envelope)];
    const version = earlier.commit.versions[0] as Version;
    const both = setOf([...laid(1, earlier), ...laid(2, later)]);
    const [held] = both.prove([version]);
    if (held === undefined) throw new Error('nothing is proven');
    expect(both.isPresentAs(held)).toBe(true);
    both.remove(place(0, 1));
    expect(both.isPresent(version)).toBe(true);
    expect(both.isPresentAs(held)).toBe(false);
  });

  test('nothing from bytes nobody wrote, which are counted', () => {
    const set = setOf([
      { place: place(0), element: new Uint8Array(0) },
      { place: place(1), element: Uint8Array.of(9, 9, 9) },
      { place: place(2), element: Uint8Array.of(1, 2, 3) },
    ]);
    expect(set.malformed).toBe(3);
    expect(set.size).toBe(0);
    expect(set.sweepable(nothing, everything)).toEqual([]);
    expect(set.remove(place(0))).toEqual([]);
  });

  test('nothing any more once its last copy is gone', () => {
    const author = new Author(1);
    const commit = author.commit(author.envelope('1.A'));
    const version = commit.commit.versions[0] as Version;
    const set = setOf([...laid(1, commit), ...laid(2, commit)]);
    expect(set.remove(place(0, 1))).toEqual([version]);
    expect(set.isPresent(version)).toBe(true);
    expect(set.remove(place(0, 2))).toEqual([version]);
    expect(set.isPresent(version)).toBe(false);
    expect(set.size).toBe(0);
    // Put back, it has to be verified and is present again.
    set.add(place(5, 3), commit.elements[0] as Uint8Array);
    for (const signed of set.unverified()) set.settle(signed, true);
    expect(set.isPresent(version)).toBe(true);
  });
});

describe('what is swept', () => {
  test('values that were replaced, and commits that list no live version', () => {
    const author = new Author(1);
    const batch = author.commit(author.envelope('1.A'), author.envelope('1.B'));
    const single = author.commit(author.envelope('1.C'));
    const set = setOf([...laid(1, batch), ...laid(2, single)]);
    const [a, b] = batch.commit.versions as [Version, Version];
    const sweepable = (...live: readonly Version[]): readonly string[] =>
      set
        .sweepable((version) => live.includes(version), nothing)
        .map(placeKey)
        .sort();
    expect(sweepable(a, b, single.commit.versions[0] as Version)).toEqual([]);
    expect(sweepable(a)).toEqual(['1:2', '2:0']);
    expect(sweepable()).toEqual(['1:0', '1:1', '1:2', '2:0']);
  });

  test('copies beyond the lowest and the one by which a version counts, version by version', () => {
    const author = new Author(1);
    const envelopes = [author.envelope('1.A'), author.envelope('1.B')];
    const batch = author.commit(...envelopes);
    const single = author.commit(envelopes[0] as Written);
    // 1.A lies in a commit of its own below, and in the batch above, which is the older one and
    // decides its clock; 1.B only in the batch.
    const set = setOf([
      ...laid(1, single),
      ...laid(2, batch),
      ...laid(3, batch),
      ...laid(4, single),
    ]);
    expect(set.sweepable(everything, nothing).map(placeKey).sort()).toEqual([
      '3:0',
      '3:1',
      '3:2',
      '4:0',
    ]);
  });

  test('what nobody vouches for, only when its record is over [DL]', () => {
    const author = new Author(1);
    const single = author.commit(author.envelope('1.A'));
    const batch = author.commit(author.envelope('1.B'), author.envelope('1.C'));
    // A false commit of several names no record of its own, so nothing tells that it is over.
    const set = setOf([...laid(1, single), ...laid(2, batch)], false);
    const over = (...ids: readonly string[]): readonly string[] =>
      set
        .sweepable(nothing, (id: RecordId) => ids.includes(id))
        .map(placeKey)
        .sort();
    expect(over()).toEqual([]);
    expect(over('1.A')).toEqual(['1:0']);
    expect(over('1.A', '1.C')).toEqual(['1:0', '2:2']);
  });

  /** Commits over a few envelopes, copied to many places; which versions are live. */
  const worlds = fc
    .record({
      groups: fc.array(fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 4 }), {
        minLength: 1,
        maxLength: 6,
      }),
      copies: fc.array(fc.tuple(fc.nat(9), fc.nat(5)), { maxLength: 12 }),
      live: fc.uniqueArray(fc.nat(5), { maxLength: 6 }),
      firstSweeper: fc.array(fc.boolean(), { maxLength: 40 }),
    })
    .map(({ groups, copies, live, firstSweeper }) => {
      const author = new Author(1);
      const envelopes = Array.from({ length: 6 }, (_, i) => author.envelope(`1.R${i}`));
      const commits = groups.map((group) =>
        author.commit(...group.map((i) => envelopes[i] as Written)),
      );
      const elements = laid(1, ...commits);
      const extra = copies.flatMap(([i, client], clock): readonly Laid[] => {
        const copied = elements[i % elements.length] as Laid;
        return [{ place: place(clock, client * 10), element: copied.element }];
      });
      const liveVersions = new Set(live.map((i) => (envelopes[i] as Written).version));
      return { elements: [...elements, ...extra], live: liveVersions, firstSweeper };
    });

  test('never the last copy of a live version, and a second sweep finds nothing [ND] [DL]', () => {
    fc.assert(
      fc.property(worlds, ({ elements, live }) => {
        const set = setOf(elements);
        const isLive = (version: Version): boolean => live.has(version);
        const present = [...live].filter((version) => set.isPresent(version));
        for (const swept of set.sweepable(isLive, nothing)) set.remove(swept);
        for (const version of present) expect(set.isPresent(version)).toBe(true);
        expect(set.sweepable(isLive, nothing)).toEqual([]);
        for (const version of proven(set)) expect(live.has(version)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('never all copies, when two replicas that hold different parts sweep at once [ND]', () => {
    fc.assert(
      fc.property(worlds, ({ elements, live, firstSweeper }) => {
        const isLive = (version: Version): boolean => live.has(version);
        // Each replica holds a part; after exchange both hold everything minus what either deleted.
        const halves = [true, false].map((side) =>
          elements.filter((_, i) => (firstSweeper[i] ?? i % 2 === 0) === side || i % 3 === 0),
        );
        const swept = halves
          .flatMap((half) => setOf(half).sweepable(isLive, nothing))
          .map(placeKey);
        const before = setOf(halves.flat().filter((one, i, all) => all.indexOf(one) === i));
        const after = setOf(
          elements.filter(
            (one) => halves.flat().includes(one) && !swept.includes(placeKey(one.place)),
          ),
        );
        for (const version of live) {
          const somebodySawIt = halves.some((half) => setOf(half).isPresent(version));
          if (somebodySawIt && before.isPresent(version))
            expect(after.isPresent(version)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

test('the places of versions are all their copies, and commits that list nothing else', () => {
  const author = new Author(1);
  const batch = author.commit(author.envelope('1.A'), author.envelope('1.B'));
  const set = setOf([...laid(1, batch), ...laid(2, batch)]);
  const [a, b] = batch.commit.versions as [Version, Version];
  const places = (...versions: readonly Version[]): readonly string[] =>
    set.placesOf(new Set(versions)).map(placeKey).sort();
  expect(places(a)).toEqual(['1:1', '2:1']);
  expect(places(a, b)).toEqual(['1:0', '1:1', '1:2', '2:0', '2:1', '2:2']);
  expect([...set.versionsAt([place(0)])].sort()).toEqual([a, b].sort());
});
