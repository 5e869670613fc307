import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, it } from 'vitest';
import type { ConversationEvent, Mesh } from '../src/index.js';
import { World } from './world.js';

const texts = (events: readonly ConversationEvent[]): readonly (string | undefined)[] =>
  events.map(({ text }) => text);

async function talkOf(mesh: Mesh, count: number): Promise<RecordId> {
  const { id } = await mesh.conversations.create({ title: 'Review', participants: ['ana', 'bo'] });
  await mesh.conversations.append(
    id,
    Array.from({ length: count }, (_, n) => ({ text: `turn ${n}` })),
  );
  return id;
}

describe('a conversation', () => {
  it('forgets one event by its id, and keeps the others [DL]', async () => {
    const mesh = await new World().open('a');
    const id = await talkOf(mesh, 3);
    const [, second] = await mesh.conversations.events(id);
    await mesh.conversations.forget(second?.id as RecordId);
    expect(texts(await mesh.conversations.events(id))).toEqual(['turn 0', 'turn 2']);
    expect(await mesh.conversations.get(id)).toBeDefined();
  });

  it('keeps its events in order, with what each of them was', async () => {
    const mesh = await new World().open('a');
    const { id } = await mesh.conversations.create({ title: 'Review', kind: 'review' });
    await mesh.conversations.append(id, { role: 'user', speaker: 'ana', text: 'Run the tests.' });
    await mesh.conversations.append(id, [
      { kind: 'tool_call', tool: 'shell', args: { command: ['npm', 'test'] }, tokensOut: 12 },
      { kind: 'tool_result', tool: 'shell', result: '2 failed', at: '2026-01-02T10:00:00Z' },
      { role: 'assistant', text: 'Two fail.', model: 'm', tokensIn: 90, tokensOut: 7, cost: 0.01 },
    ]);
    const events = await mesh.conversations.events(id);
    expect(events.map(({ kind, position }) => [kind, position])).toEqual([
      ['message', 0],
      ['tool_call', 1],
      ['tool_result', 2],
      ['message', 3],
    ]);
    expect(events[1]).toMatchObject({ args: { command: ['npm', 'test'] }, tokensOut: 12 });
    expect(events[2]).toMatchObject({ result: '2 failed', at: '2026-01-02T10:00:00Z' });
    expect(events[3]).toMatchObject({ model: 'm', cost: 0.01, conversation: id });
    expect((await mesh.recall('npm test')).hits[0]?.id).toBe(events[1]?.id);
  });

  it('is read a page at a time from either end', async () => {
    const mesh = await new World().open('a');
    const id = await talkOf(mesh, 7);
    const { conversations } = mesh;
    const first = await conversations.events(id, { limit: 3 });
    expect(texts(first)).toEqual(['turn 0', 'turn 1', 'turn 2']);
    const next = await conversations.events(id, { limit: 3, after: first[2] as ConversationEvent });
    expect(texts(next)).toEqual(['turn 3', 'turn 4', 'turn 5']);
    const last = await conversations.events(id, { limit: 2, last: true });
    expect(texts(last)).toEqual(['turn 5', 'turn 6']);
    const before = last[0] as ConversationEvent;
    expect(texts(await conversations.events(id, { limit: 2, before }))).toEqual([
      'turn 3',
      'turn 4',
    ]);
  });

  it('gives what is appended at once its own places', async () => {
    const world = new World();
    const mesh = await world.open('a');
    const other = await world.session(mesh, 'b');
    const { id } = await mesh.conversations.create({ title: 'Busy' });
    const sessions = [mesh, other];
    const appended = Array.from({ length: 20 }, (_, n) =>
      (sessions[n % 2] as Mesh).conversations.append(id, { text: `${n}` }),
    );
    await Promise.all(appended);
    const events = await mesh.conversations.events(id);
    expect(events.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, n) => n));
  });

  it('that two replicas went on with apart has all of their events, in one order [CV]', async () => {
    const world = new World();
    await world.serveRelay();
    const a = await world.open('a', { relay: true });
    const b = await world.open('b', { relay: true });
    const id = await talkOf(a, 1);
    await world.inStep(a, b);
    a.setOffline(true);
    b.setOffline(true);
    await a.conversations.append(id, [{ text: 'a1' }, { text: 'a2' }]);
    await b.conversations.append(id, [{ text: 'b1' }, { text: 'b2' }]);
    a.setOffline(false);
    b.setOffline(false);
    await world.inStep(a, b);
    const merged = texts(await a.conversations.events(id));
    expect([...merged].sort()).toEqual(['a1', 'a2', 'b1', 'b2', 'turn 0']);
    expect(texts(await b.conversations.events(id))).toEqual(merged);
  });

  it('is forgotten with all its events, and what comes after is refused [DL]', async () => {
    const mesh = await new World().open('a');
    const id = await talkOf(mesh, 5);
    await mesh.conversations.forget(id);
    expect(await mesh.conversations.get(id)).toBeUndefined();
    expect(await mesh.conversations.events(id)).toEqual([]);
    expect((await mesh.recall('turn')).hits).toEqual([]);
    const late = mesh.conversations.append(id, { text: 'late' });
    await expect(late.saved).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    [{ at: 'yesterday' }, '"at"'],
    [{ kind: 'shout' }, '"kind"'],
    [{ tokensIn: -1 }, '"tokensIn"'],
    [{ colour: 'red' }, 'no field "colour"'],
  ])('refuses an event with %j', async (event, message) => {
    const mesh = await new World().open('a');
    const id = await talkOf(mesh, 1);
    const append = mesh.conversations.append(id, event as never);
    await expect(append.saved).rejects.toMatchObject({
      code: 'bad_input',
      message: expect.stringContaining(message),
    });
    expect(await mesh.conversations.events(id)).toHaveLength(1);
  });
});
