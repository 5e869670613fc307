import { describe, expect, test } from 'vitest';
import { World } from './world.js';

const reviewer = { name: 'reviewer', instructions: 'Look for what can be lost.' };

describe('a persona', () => {
  test('is taken on by a session, and named by its presence and by what it says', async () => {
    const world = new World();
    await world.serveRelay();
    const [a, b] = [await world.open('a', { relay: true }), await world.open('b', { relay: true })];
    await a.personas.create(reviewer);
    await world.eventually('b has it', async () => (await b.personas.count()) === 1);
    const [found] = await b.personas.list({ state: 'reviewer' });
    expect(found).toMatchObject(reviewer);

    await b.sessions.begin({ persona: 'reviewer', title: 'Review of the release' });
    const talk = await b.conversations.create({ title: 'Release' });
    await b.conversations.append(talk.id, { text: 'The log is lost.' });
    await b.conversations.append(talk.id, { text: 'As he said.', persona: 'author' });
    const events = await b.conversations.events(talk.id);
    expect(events.map(({ persona }) => persona)).toEqual(['reviewer', 'author']);
    await world.eventually('a sees it', async () =>
      (await a.presence.list()).some(({ name, persona }) => name === 'b' && persona === 'reviewer'),
    );
  });

  test('that nobody made is refused, with those there are', async () => {
    const world = new World();
    const a = await world.open('a');
    await a.personas.create(reviewer);
    const refused = a.sessions.begin({ persona: 'critic' });
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
    await expect(refused).rejects.toThrow(/reviewer/);
    expect(await a.sessions.list()).toEqual([]);
  });

  test('keeps its name; its instructions can be written anew', async () => {
    const world = new World();
    const a = await world.open('a');
    const { id } = await a.personas.create(reviewer);
    await a.personas.update(id, { instructions: 'Look twice.' });
    expect(await a.personas.get(id)).toMatchObject({
      name: 'reviewer',
      instructions: 'Look twice.',
    });
    await expect(a.personas.update(id, { name: 'critic' } as never)).rejects.toMatchObject({
      code: 'write_once',
    });
  });
});

describe('a session', () => {
  test('that is begun is listed with its start, and its end once it has one', async () => {
    const world = new World();
    const a = await world.open('a');
    const other = await world.session(a, 'other');
    await expect(a.sessions.end()).rejects.toMatchObject({ code: 'not_found' });
    const begun = await a.sessions.begin({ title: 'Review' });
    expect(begun).toMatchObject({ agent: a.agent.id, session: a.session, title: 'Review' });
    expect(begun.endedAt).toBeUndefined();
    await other.sessions.begin();
    await world.time.advance(60_000);
    const ended = await a.sessions.end();
    expect(Date.parse(ended.endedAt ?? '') - Date.parse(ended.startedAt)).toBe(60_000);
    expect(await other.sessions.list({ agent: a.agent.id })).toEqual([ended]);
    expect(await other.sessions.list()).toHaveLength(2);
  });

  test('begun again is the same one, with what it is for now', async () => {
    const world = new World();
    const a = await world.open('a');
    await a.personas.create(reviewer);
    const first = await a.sessions.begin({ title: 'Plan' });
    await a.sessions.end();
    const again = await a.sessions.begin({ persona: 'reviewer' });
    expect(again).toMatchObject({ id: first.id, persona: 'reviewer', startedAt: first.startedAt });
    expect([again.title, again.endedAt]).toEqual([undefined, undefined]);
    expect(await a.sessions.list()).toEqual([again]);
  });
});
