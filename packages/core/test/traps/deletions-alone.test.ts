import { equalStates } from '@mnemesh/segment';
import { expect, test } from 'vitest';
import { stateAt } from '../document-view.js';
import { placeOf, ScriptedPeer } from '../scripted-peer.js';
import { World } from '../world.js';

const NOTES = placeOf('shared/memory');

test.each(['peer', 'relay'] as const)(
  'replicas that differ by a deletion alone, which no state vector shows, become equal by a %s [CV] [DL]',
  async (path) => {
    const world = new World();
    const relay = path === 'relay';
    if (relay) await world.serveRelay();
    const sweeper = await world.open('a', { answers: true, relay, sweeps: false });
    const b = await world.open('b', {
      ...(relay ? { relay } : { dials: ['a'] }),
      sweeps: false,
    });
    await sweeper.memory.create({ content: 'Twice there.' });
    const copier = await ScriptedPeer.dial(world, 'a');
    copier.ask(NOTES);
    await world.eventually('it has a copy', () => copier.elements(NOTES).length === 1);
    copier.append(NOTES, copier.elements(NOTES));
    await world.eventually('the copy arrived', () => copier.of('durable').length > 0);
    await world.eventually('the copy went on', async () =>
      equalStates(await stateAt(sweeper, NOTES), await stateAt(b, NOTES)),
    );

    b.setOffline(true);
    await sweeper.close();
    const a = await world.open('a', { answers: true, relay });
    await a.memory.count();
    await a.inner.segments.use(NOTES, (segment) => segment.sweep());
    const [swept, unswept] = [await stateAt(a, NOTES), await stateAt(b, NOTES)];
    expect(swept.clocks).toEqual(unswept.clocks);
    expect(equalStates(swept, unswept)).toBe(false);

    b.setOffline(false);
    await world.eventually('both are equal', async () =>
      equalStates(await stateAt(a, NOTES), await stateAt(b, NOTES)),
    );
    expect(await b.memory.count()).toBe(1);
  },
);
