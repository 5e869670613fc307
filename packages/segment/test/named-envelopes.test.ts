import { envelopeVersion, fromHex, type Version } from '@mnemesh/protocol';
import { ElementSet, type Place, placeKey } from '@mnemesh/segment';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Author, context, type Written } from './writing.js';

interface Laid {
  readonly place: Place;
  readonly element: Uint8Array;
}

/** Elements of three agents, with everything that makes it hard to say whose an envelope is. */
function elements(): readonly Laid[] {
  const [ann, bob, cleo] = [new Author(1), new Author(2), new Author(3)];
  const [a, b, c, d] = [ann, ann, bob, bob].map((author, n) => author.envelope(`1.${n}`)) as [
    Written,
    Written,
    Written,
    Written,
  ];
  const byBob = { ...a, version: envelopeVersion(context, fromHex(bob.agent), a.bytes) };
  const commits = [
    ann.commit(a, b),
    bob.commit(c, d),
    bob.commit(byBob, bob.envelope('1.4')), // the bytes of another, signed as one's own
    ann.commit(b), // the same envelope alone
    cleo.commit(a, cleo.envelope('1.5')), // another's version: vouches for nothing
    cleo.commit(cleo.envelope('1.6'), cleo.envelope('1.7')),
  ];
  const laid = commits.flatMap((commit, client) =>
    commit.elements.map((element, clock) => ({ place: { client, clock }, element })),
  );
  // Copies, as a put-back at another replica makes them: without the commit before them.
  const copies = laid.filter((_, n) => n % 3 === 1);
  return [
    ...laid,
    ...copies.map(({ element }, clock) => ({ place: { client: 90, clock }, element })),
  ];
}

function judge(set: ElementSet, versions: readonly Version[]): object {
  for (const signed of set.unverified()) set.settle(signed, true);
  const isLive = (version: Version): boolean => Number.parseInt(version.slice(0, 2), 16) % 4 > 0;
  return {
    proven: set
      .prove(set.versions())
      .map(({ version, agent }) => `${version} ${agent}`)
      .sort(),
    present: versions.filter((version) => set.isPresent(version)),
    sweepable: set
      .sweepable(isLive, () => false)
      .map(placeKey)
      .sort(),
  };
}

describe('whose an envelope is', () => {
  const all = elements();
  const everything = new ElementSet(context);
  for (const { place, element } of all) everything.add(place, element);
  const versions = [...everything.versions()];

  test('does not depend on the order in which elements come and go [ID] [CV]', () => {
    const gone = fc.subarray(all.map((_, n) => n));
    fc.assert(
      fc.property(fc.shuffledSubarray([...all], { minLength: all.length }), gone, (order, left) => {
        const removed = new Set(left.map((n) => all[n]));
        const changing = new ElementSet(context);
        order.forEach(({ place, element }, n) => {
          changing.add(place, element);
          if (n % 5 === 0) judge(changing, versions);
        });
        for (const one of removed) if (one !== undefined) changing.remove(one.place);
        const fresh = new ElementSet(context);
        for (const one of all) if (!removed.has(one)) fresh.add(one.place, one.element);
        expect(judge(changing, versions)).toEqual(judge(fresh, versions));
      }),
      { numRuns: 300 },
    );
  });

  test('is found again when a copy comes back without the commit before it [ID]', () => {
    const [ann, bob] = [new Author(1), new Author(2)];
    const commit = ann.commit(ann.envelope('1.A'), ann.envelope('1.B'));
    const set = new ElementSet(context);
    for (const [clock, element] of commit.elements.entries())
      set.add({ client: 1, clock }, element);
    for (const signed of set.unverified()) set.settle(signed, true);
    const [version] = commit.commit.versions as [Version];
    expect(set.isPresent(version)).toBe(true);
    set.remove({ client: 1, clock: 1 });
    expect(set.isPresent(version)).toBe(false);
    const other = bob.commit(bob.envelope('1.C'), bob.envelope('1.D'));
    set.add({ client: 2, clock: 0 }, other.elements[0] as Uint8Array);
    set.add({ client: 2, clock: 1 }, commit.elements[1] as Uint8Array);
    expect(set.isPresent(version)).toBe(true);
  });

  test('is both agents, when both signed the same bytes as their own [CF]', () => {
    const [ann, bob] = [new Author(1), new Author(2)];
    const written = ann.envelope('1.A');
    const byBob = {
      ...written,
      version: envelopeVersion(context, fromHex(bob.agent), written.bytes),
    };
    const set = new ElementSet(context);
    const [first, second] = [
      ann.commit(written, ann.envelope('1.B')),
      bob.commit(byBob, bob.envelope('1.C')),
    ];
    for (const [clock, element] of first.elements.entries()) set.add({ client: 1, clock }, element);
    const [commit, , other] = second.elements as [Uint8Array, Uint8Array, Uint8Array];
    // Without a copy of the shared bytes: those that lie there serve both.
    set.add({ client: 2, clock: 0 }, commit);
    set.add({ client: 2, clock: 1 }, other);
    for (const signed of set.unverified()) set.settle(signed, true);
    const authors = set.prove([written.version, byBob.version]).map(({ agent }) => agent);
    expect(authors).toEqual([ann.agent, bob.agent]);
  });
});
