import { limits } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import type { Mesh, RecordView } from '../src/index.js';
import { World } from './world.js';

type Call = (mesh: Mesh, id: RecordView['id']) => PromiseLike<unknown>;

const creations: readonly (readonly [string, Call, RegExp])[] = [
  ['no title', (m) => m.tasks.create({} as never), /"title"/],
  ['an empty title', (m) => m.tasks.create({ title: '' }), /"title"/],
  ['a title too long', (m) => m.tasks.create({ title: 'x'.repeat(501) }), /"title"/],
  ['a priority of 12', (m) => m.tasks.create({ title: 'x', priority: 12 }), /"priority"/],
  ['half a priority', (m) => m.tasks.create({ title: 'x', priority: 1.5 }), /"priority"/],
  ['an unknown state', (m) => m.tasks.create({ title: 'x', status: 'done' as never }), /"status"/],
  ['an empty tag', (m) => m.tasks.create({ title: 'x', tags: ['ok', ''] }), /"tags\.1"/],
  ['tags that are no list', (m) => m.tasks.create({ title: 'x', tags: 'a' as never }), /"tags"/],
  [
    'a dependency of no type',
    (m) => m.tasks.create({ title: 'x', dependencies: [{ type: '', on: '1.a' }] }),
    /"dependencies\.0\.type"/,
  ],
  ['too much importance', (m) => m.memory.create({ content: 'x', importance: 2 }), /"importance"/],
  ['an unknown kind', (m) => m.memory.create({ content: 'x', kind: 'idea' as never }), /"kind"/],
  ['a number as content', (m) => m.memory.create({ content: 7 as never }), /"content"/],
  [
    'a date as a tool’s state',
    (m) => m.tools.create({ tool: 'x', state: new Date() as never }),
    /"state"/,
  ],
  ['an infinite number', (m) => m.tools.create({ tool: 'x', state: Infinity }), /"state"/],
  [
    'something that JSON cannot say, deep within',
    (m) => m.tools.create({ tool: 'x', state: { a: [1, undefined] } as never }),
    /"state" .* "a\.1"/,
  ],
  [
    'a state with a hole',
    (m) => m.tools.create({ tool: 'x', state: Array(2) as never }),
    /"state" .* "0"/,
  ],
  [
    'a state that holds itself',
    (m) => {
      const state: unknown[] = [];
      state.push({ state });
      return m.tools.create({ tool: 'x', state: state as never });
    },
    /"state" .* 200 levels/,
  ],
];

const updates: readonly (readonly [string, Call, RegExp])[] = [
  ['a priority of -1', (m, id) => m.tasks.update(id, { priority: -1 }), /"priority"/],
  ['null for a required title', (m, id) => m.tasks.update(id, { title: null as never }), /"title"/],
  ['null for tags', (m, id) => m.tasks.update(id, { tags: null as never }), /"tags"/],
  [
    'a list where a change belongs',
    (m, id) => m.tasks.update(id, { tags: ['a'] as never }),
    /"tags/,
  ],
  ['an empty tag to add', (m, id) => m.tasks.update(id, { tags: { add: [''] } }), /"tags\.0"/],
  ['nothing', (m, id) => m.tasks.update(id, {}), /name at least one field/],
  [
    'only what is undefined',
    (m, id) => m.tasks.update(id, { notes: undefined } as never),
    /at least one/,
  ],
];

describe('bad input is refused by the name of its field, and nothing is written:', () => {
  test.each(creations)('creating with %s', async (_, call, names) => {
    const a = await new World().open('a');
    await expect(call(a, '1.x' as never)).rejects.toMatchObject({
      name: 'MnemeshError',
      code: 'bad_input',
      message: expect.stringMatching(names),
    });
    expect(a.status.segments.known).toBe(0);
  });

  test.each(updates)('updating with %s', async (_, call, names) => {
    const a = await new World().open('a');
    const task = await a.tasks.create({ title: 'As it was', tags: ['kept'] });
    await expect(call(a, task.id)).rejects.toMatchObject({
      name: 'MnemeshError',
      code: 'bad_input',
      message: expect.stringMatching(names),
    });
    expect(await a.tasks.get(task.id)).toEqual(task);
  });
});

test('a field that does not exist is refused, with those that do', async () => {
  const a = await new World().open('a');
  const task = await a.tasks.create({ title: 'x' });
  const refused = {
    code: 'bad_input',
    message: expect.stringMatching(/task has no field "titel"\. It has: title, description/),
  };
  await expect(a.tasks.create({ titel: 'x' } as never)).rejects.toMatchObject(refused);
  await expect(a.tasks.update(task.id, { titel: 'y' } as never)).rejects.toMatchObject(refused);
});

test('what is written once is refused, with the way to change it', async () => {
  const a = await new World().open('a');
  const item = await a.memory.create({ content: 'As it was.' });
  await expect(a.memory.update(item.id, { content: 'New.' } as never)).rejects.toMatchObject({
    code: 'write_once',
    message: expect.stringContaining('Create an item that supersedes this one'),
  });
  expect(await a.memory.get(item.id)).toEqual(item);
});

test('an id or a namespace that is none is refused, with what one looks like', async () => {
  const a = await new World().open('a');
  await expect(a.tasks.get('nonsense' as never)).rejects.toThrow(/no record id\. Ids look like/);
  await expect(a.tasks.update('../x' as never, { priority: 1 })).rejects.toThrow(/no record id/);
  expect(() => a.tasks.in('my tasks')).toThrow(/no namespace\. Use words/);
  expect(() => a.tasks.in('a/../b')).toThrow(/no namespace/);
});

test('a text that no record can hold is refused before anything is saved', async () => {
  const a = await new World().open('a');
  const content = 'x'.repeat(limits.dataBytes);
  await expect(a.memory.create({ content })).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringMatching(/at most 1048576 fit/),
  });
  expect(await a.memory.count()).toBe(0);
  const fitting = await a.memory.create({ content: 'x'.repeat(limits.dataBytes - 200) });
  expect(await a.memory.get(fitting.id)).toEqual(fitting);
});
