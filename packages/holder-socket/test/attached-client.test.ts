import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { ScriptedHolder } from './scripted-holder.js';

const SESSION = '00112233445566ff';
const ID = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB' as RecordId;
const OTHER = '1.01JD6Q0S5XN4M8RZ3V7K2T9YWC' as RecordId;

describe('what a guest asked of a holder that died', () => {
  test('is asked of the next one, a create under the id it was given before [ID] [ND]', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const writing = mesh.memory.create({ content: 'Once' });
    holder.answer(await holder.hears('call'), ID);
    const create = await holder.hears('call', 1);
    expect(create).toMatchObject({
      method: 'memory.create',
      args: [{ content: 'Once' }, { id: ID }],
    });
    expect(create).not.toHaveProperty('after');
    holder.die();

    expect(await holder.hears('hello', 1)).toMatchObject({
      session: { id: SESSION },
      doubtful: [{ namespace: 'shared/memory', id: ID }],
    });
    const again = await holder.hears('call', 2);
    const known = { namespace: 'shared/memory', id: ID, context: {} };
    expect(again).toEqual({ ...create, after: -1, known });
    holder.answer(again, { id: ID });
    expect(await writing).toEqual({ id: ID });
  });

  test('is a change that tells the clock its session had on the record, with what it was shown', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const reading = mesh.tasks.get(ID);
    const get = await holder.hears('call');
    const context = { notes: { [SESSION]: 77, ffffffffffffffff: 99 } };
    holder.say({ type: 'shown', number: 1, namespace: 'shared/tasks', id: ID, context });
    holder.answer(get, { id: ID });
    await reading;
    const writing = mesh.tasks.update(ID, { notes: 'x' });
    expect(await holder.hears('call', 1)).toMatchObject({ seen: 1 });
    holder.die();

    expect(await holder.hears('hello', 1)).toMatchObject({ session: { id: SESSION, clock: 99 } });
    expect(await holder.hears('restore')).toMatchObject({
      shown: [{ namespace: 'shared/tasks', id: ID, context }],
    });
    const again = await holder.hears('call', 2);
    // What it has seen of this holder is nothing yet.
    expect(again).toMatchObject({ method: 'tasks.update', seen: 0, after: 77 });
    holder.answer(again, { id: ID });
    expect(await writing).toEqual({ id: ID });
  });

  test('is said again, where it is what nobody stores: what it prefers, and its presence', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const saying = [
      mesh.prefer({ sparing: true }),
      mesh.presence.set({ status: 'reads' }),
      mesh.prefer({ cadence: { 'agents/**': 'batched' } }),
    ];
    for (let n = 0; n < 3; n++) holder.answer(await holder.hears('call', n));
    await Promise.all(saying);
    holder.die();
    await holder.hears('call', 4);
    expect(holder.calls.slice(3)).toMatchObject([
      {
        method: 'mesh.prefer',
        args: [{ sparing: true, cadence: { 'agents/**': 'batched' } }],
      },
      { method: 'presence.set', args: [{ status: 'reads' }] },
    ]);
    holder.answerAll();
    await mesh.reconnect();
  });

  test('is asked of the next one whatever a listener of the status does', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    mesh.onStatus(() => {
      throw new Error('a defect of the program');
    });
    const writing = mesh.memory.create({ content: 'Once' });
    holder.answer(await holder.hears('call'), ID);
    await holder.hears('call', 1);
    holder.die();
    const again = await holder.hears('call', 2);
    holder.answer(again, { id: ID });
    expect(await writing).toEqual({ id: ID });
  });

  test('is watched again', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const seen: unknown[] = [];
    const stop = mesh.tasks.watch((changes) => seen.push(changes));
    const { id } = await holder.hears('watch');
    holder.die();
    expect(await holder.hears('watch', 1)).toMatchObject({ id, again: true });
    holder.say({ type: 'news', watch: id, value: ['news'] });
    await expect.poll(() => seen).toEqual([['news']]);
    stop();
    expect(await holder.hears('unwatch')).toMatchObject({ id });
  });
});

describe('a guest', () => {
  test('sends the next change of a record when the one before is answered, and others meanwhile [ID]', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const first = mesh.tasks.update(ID, { notes: '1' });
    const second = mesh.tasks.archive(ID);
    const other = mesh.tasks.update(OTHER, { notes: '1' });
    const counting = mesh.tasks.count();
    const count = await holder.hears('call', 2);
    const [update, elsewhere] = holder.calls;
    expect(holder.calls.map(({ method, args }) => [method, args?.[0]])).toEqual([
      ['tasks.update', ID],
      ['tasks.update', OTHER],
      ['tasks.count', undefined],
    ]);
    for (const call of [elsewhere, count, update]) holder.answer(call as never, 0);
    const archive = await holder.hears('call', 3);
    expect(archive).toMatchObject({ method: 'tasks.archive', args: [ID] });
    holder.answer(archive, 0);
    await Promise.all([first, second, other, counting]);
  });

  test('has so many requests open, and keeps the rest until one is answered [BD]', async () => {
    const { holder, mesh } = await ScriptedHolder.start({
      requestsInFlight: 3,
      requestsWaiting: 10,
    });
    const counts = Array.from({ length: 10 }, () => mesh.tasks.count());
    await expect(mesh.tasks.count()).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    const third = await holder.hears('call', 2);
    expect(holder.calls).toHaveLength(3);
    holder.answer(third, 1);
    await holder.hears('call', 3);
    expect(holder.calls).toHaveLength(4);
    holder.answerAll();
    await Promise.all(counts);
  });

  test('asks once for what many of its writes wait for [BD]', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const writes = [mesh.tasks.update(ID, {}), mesh.tasks.update(OTHER, {})];
    for (let n = 0; n < 2; n++) holder.answer(await holder.hears('call', n), { id: ID });
    await Promise.all(writes);
    const acked = writes.map((write) => write.acked);
    const wait = await holder.hears('stage');
    holder.answer(wait as never);
    const next = await holder.hears('stage', 1);
    expect([wait, next]).toMatchObject([
      { stage: 'acked', record: { id: ID } },
      { stage: 'acked', record: { id: OTHER } },
    ]);
    holder.answer(next as never);
    await Promise.all(acked);
    expect(holder.said.filter(({ type }) => type === 'stage')).toHaveLength(2);
  });

  test('leaves a holder that sends what is no message, and comes back [ND]', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const counting = mesh.tasks.count();
    await holder.hears('call');
    holder.say('{"type":"answer","id":"one"}');
    await holder.hears('hello', 1);
    holder.answer(await holder.hears('call', 1), 7);
    expect(await counting).toBe(7);
  });

  test('tells an error with its code, its words, and whether to try again', async () => {
    const { holder, mesh } = await ScriptedHolder.start();
    const counting = mesh.tasks.count();
    const { id } = await holder.hears('call');
    holder.say({
      type: 'failed',
      id,
      code: 'store_failed',
      message: 'The disk is full.',
      retryable: true,
    });
    await expect(counting).rejects.toMatchObject({
      name: 'MnemeshError',
      code: 'store_failed',
      message: 'The disk is full.',
      retryable: true,
    });
  });
});
