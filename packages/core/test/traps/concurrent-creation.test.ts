import { segmentGuid } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { yjsView } from '../document-view.js';
import { placeOf } from '../scripted-peer.js';
import { TEAM, World } from '../world.js';

const PLANS = 'shared/plans';

/** Two replicas that made the same namespace while apart, and have met since. */
async function metAfterCreatingApart(path: 'peer' | 'relay') {
  const world = new World();
  if (path === 'relay') await world.serveRelay();
  const relay = path === 'relay';
  const a = await world.open('a', relay ? { relay } : { answers: true });
  const b = await world.open('b', relay ? { relay } : { dials: ['a'] });
  for (const replica of [a, b]) replica.setOffline(true);
  await a.memory.in(PLANS).create({ content: 'Plan of a.' });
  await b.memory.in(PLANS).create({ content: 'Plan of b.' });
  for (const replica of [a, b]) replica.setOffline(false);
  await world.inStep(a, b);
  return { world, a, b };
}

describe.each(['peer', 'relay'] as const)(
  'a namespace created apart, then merged by a %s',
  (path) => {
    test('keeps what both sides put into it, in one segment [ND] [CV]', async () => {
      const { a, b } = await metAfterCreatingApart(path);
      for (const replica of [a, b]) {
        const contents = (await replica.memory.in(PLANS).list()).map(({ content }) => content);
        expect(contents.sort()).toEqual(['Plan of a.', 'Plan of b.']);
        const places = replica.inner.segments.places();
        expect(places.filter(({ namespace }) => namespace === PLANS)).toEqual([placeOf(PLANS)]);
      }
    });

    test('goes on carrying what either side writes, on the instance it had', async () => {
      const { world, a, b } = await metAfterCreatingApart(path);
      const second = await a.memory.in(PLANS).create({ content: 'Second plan of a.' });
      const third = await b.memory.in(PLANS).create({ content: 'Second plan of b.' });
      await world.inStep(a, b);
      expect(await b.memory.in(PLANS).get(second.id)).toEqual(second);
      expect(await a.memory.in(PLANS).get(third.id)).toEqual(third);
    });

    test('is listed once in the directory’s index, by a guid that follows from its name', async () => {
      const { a, b } = await metAfterCreatingApart(path);
      const guid = segmentGuid(TEAM, placeOf(PLANS).namespace, placeOf(PLANS).segment);
      for (const replica of [a, b]) {
        const index = (await yjsView(replica, placeOf('directory', '0'))).getMap<Y.Doc>('segments');
        expect([...index.keys()]).toEqual([`${PLANS}/1`]);
        expect(index.get(`${PLANS}/1`)).toBeInstanceOf(Y.Doc);
        expect(index.get(`${PLANS}/1`)?.guid).toBe(guid);
      }
    });
  },
);
