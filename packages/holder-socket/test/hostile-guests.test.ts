import { HOLDER_PROTOCOL, type HolderLimits, holderLimits } from '@mnemesh/holder';
import { describe, expect, test } from 'vitest';
import { inspectHolder } from '../src/index.js';
import { agentNamed, openAt, placeOf, runtime, temporaryPlace } from './shared-place.js';
import { hello, Stranger } from './stranger.js';

/** A holder with one session, which must still be served when a stranger was there. */
async function held(limits: Partial<HolderLimits> = {}) {
  const data = await temporaryPlace();
  const mesh = await openAt(data, 'planner', { limits });
  const item = await mesh.memory.create({ content: 'Kept' });
  return {
    data,
    stranger: () => new Stranger(data),
    stillServes: async () => {
      const guest = await openAt(data, 'guest');
      expect(await guest.memory.get(item.id)).toEqual(item);
      expect((await guest.memory.create({ content: 'More' })).content).toBe('More');
    },
  };
}

describe('a holder told what it cannot take', () => {
  test.each([
    ['no JSON', Buffer.from('{"type":'), 'bad_frame'],
    ['an empty message', Buffer.alloc(0), 'bad_frame'],
    ['JSON that is no message', Buffer.from('[1,2,3]'), 'bad_frame'],
    ['a message of no known type', Buffer.from('{"type":"fly"}'), 'bad_frame'],
    [
      'a call before any hello',
      Buffer.from('{"type":"call","id":1,"method":"tasks.list","args":[],"seen":0}'),
      'bad_frame',
    ],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0x00, 0x80]), 'bad_frame'],
  ])('refuses %s, says why, closes, and serves on', async (_, body, code) => {
    const { stranger, stillServes } = await held();
    const guest = stranger();
    guest.write(body);
    expect(await guest.hears('refused')).toMatchObject({ code, retryable: false });
    await guest.closed;
    await stillServes();
  });

  test('refuses a message longer than the bound before it takes it in [BD]', async () => {
    const { stranger, stillServes } = await held();
    const guest = stranger();
    guest.write(Buffer.from('x'), holderLimits.requestBytes + 1);
    expect(await guest.hears('refused')).toMatchObject({
      code: 'too_large',
      message: expect.stringContaining(String(holderLimits.requestBytes)),
    });
    await guest.closed;
    await stillServes();
  });

  test('tells a guest of another version which process to end', async () => {
    const { stranger, stillServes } = await held();
    const guest = stranger();
    guest.say({ ...hello, protocol: HOLDER_PROTOCOL + 1 });
    expect(await guest.hears('refused')).toMatchObject({
      code: 'unknown_protocol',
      message: expect.stringContaining(`Process ${process.pid}`),
    });
    await guest.closed;
    await stillServes();
  });

  test('refuses another mesh, a second hello, and hex that is none', async () => {
    const { stranger, stillServes } = await held();
    const other = stranger();
    other.say({ ...hello, mesh: 'other' });
    expect(await other.hears('refused')).toMatchObject({ code: 'wrong_mesh' });
    const twice = stranger();
    twice.say(hello);
    await twice.hears('welcome');
    twice.say(hello);
    expect(await twice.hears('refused')).toMatchObject({ code: 'bad_frame' });
    const forged = stranger();
    forged.say({ ...hello, session: { id: '../../etc', clock: 1 } });
    expect(await forged.hears('refused')).toMatchObject({ code: 'bad_frame' });
    await stillServes();
  });

  test('answers calls of methods that it does not have, or with nonsense in them, and stays', async () => {
    const { stranger, stillServes } = await held();
    const guest = stranger();
    guest.say(hello);
    await guest.hears('welcome');
    const calls = [
      { method: 'tasks.explode', namespace: 'shared/tasks', args: [] },
      { method: 'tasks.constructor', namespace: 'shared/tasks', args: [] },
      { method: '__proto__.toString', args: [] },
      { method: 'mesh.close', args: [] },
      { method: 'memory.watch', namespace: 'shared/memory', args: [] },
      { method: 'memory.update', namespace: 'shared/memory', args: [{}, {}] },
      { method: 'memory.update', namespace: '../..', args: ['1.A', {}] },
      { method: 'memory.list', namespace: 'shared/memory', args: ['x', 1, null, []] },
      { method: 'memory.create', namespace: 'shared/memory', args: [null] },
      { method: 'mesh.recall', args: [17] },
    ];
    for (const [id, call] of calls.entries()) {
      guest.say({ type: 'call', id, seen: 0, ...call });
    }
    guest.say({
      type: 'call',
      id: 99,
      seen: 0,
      method: 'memory.count',
      namespace: 'shared/memory',
      args: [],
    });
    await expect.poll(() => guest.answers.find(({ id }) => id === 99)).toMatchObject({ value: 1 });
    const failed = guest.answers.filter(({ type }) => type === 'failed');
    expect(failed.length).toBeGreaterThanOrEqual(calls.length - 1);
    await stillServes();
  });

  test('reads no more of a guest that asks for more than it may at once [BD]', async () => {
    const { stranger, stillServes } = await held({ requestsInFlight: 4 });
    const guest = stranger();
    guest.say(hello);
    await guest.hears('welcome');
    for (let id = 0; id < 500; id++) {
      guest.say({
        type: 'call',
        id,
        seen: 0,
        method: 'memory.create',
        namespace: 'shared/memory',
        args: [{ content: `No. ${id}` }],
      });
    }
    await expect
      .poll(() => guest.answers.filter(({ type }) => type === 'answer').length, {
        timeout: 30_000,
      })
      .toBe(500);
    await stillServes();
  });

  test('lets go of a guest that does not read what it asked for [BD]', async () => {
    const { data, stranger, stillServes } = await held({
      unreadBytes: 64 * 1024,
      droppedBytes: 256 * 1024,
    });
    const guest = stranger();
    guest.say(hello);
    await guest.hears('welcome');
    guest.say({
      type: 'watch',
      id: 1,
      method: 'memory.watch',
      namespace: 'shared/memory',
      args: [],
      again: false,
    });
    await guest.hears('answer');
    guest.pause();
    const writer = await openAt(data, 'writer');
    const content = 'x'.repeat(100_000);
    for (let n = 0; n < 40; n++) await writer.memory.create({ content });
    await expect
      .poll(async () => await inspectHolder(placeOf(data), runtime))
      .toMatchObject({
        report: { guests: 1 },
      });
    await stillServes();
  });

  test('has room for so many guests, and tells one more to come later [BD]', async () => {
    const { data, stranger } = await held({ guests: 2 });
    for (let n = 0; n < 2; n++) {
      const guest = stranger();
      guest.say(hello);
      await guest.hears('welcome');
    }
    await expect(openAt(data, 'late')).rejects.toMatchObject({
      code: 'overloaded',
      retryable: true,
    });
  });

  test('shuts out whoever connects and says nothing', async () => {
    const { stranger, stillServes } = await held({ helloMs: 200 });
    const guest = stranger();
    guest.raw(Buffer.from([0, 0]));
    expect(await guest.hears('refused')).toMatchObject({ code: 'bad_frame' });
    await guest.closed;
    await stillServes();
  });

  test('does not give a session to whoever names it as another agent', async () => {
    const { stranger, stillServes } = await held();
    const guest = stranger();
    guest.say(hello);
    const { session } = await guest.hears('welcome');
    const thief = stranger();
    thief.say({ ...hello, agent: 'thief', session: { id: session, clock: 0 } });
    expect(await thief.hears('refused')).toMatchObject({ code: 'not_permitted' });
    await stillServes();
  });
});

test('a guest whose data directory has another key for its agent is turned away', async () => {
  const { data } = await held();
  const agent = { ...(await agentNamed('someone')), name: 'guest' };
  await expect(openAt(data, 'guest', { agent })).rejects.toMatchObject({ code: 'not_permitted' });
});
