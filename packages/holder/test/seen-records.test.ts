import type { RecordView } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { SeenRecords } from '../src/seen-records.js';

const limits = { seenRecords: 10, seenPromises: 10 };
const namespace = 'shared/tasks';
const name = (id: string) => ({ namespace, id });
const view = (id: string, title = id) =>
  ({ ...name(id), title, conflicts: [] }) as unknown as RecordView;

test('records are known as they were given last, by whatever gave them', () => {
  const seen = new SeenRecords(limits);
  seen.note('tasks', 'get', view('a'));
  seen.note('tasks', 'list', [view('b'), view('c')]);
  seen.told('tasks', namespace, [{ id: 'c', record: view('c', 'told') }]);
  expect(seen.of('tasks', name('a'))).toEqual({ view: view('a'), known: undefined });
  expect(seen.of('tasks', name('b')).view).toEqual(view('b'));
  expect(seen.of('tasks', name('c')).view).toEqual(view('c', 'told'));
});

test('what else a method gives is no record of its part', () => {
  const seen = new SeenRecords(limits);
  seen.note('conversations', 'append', view('a'));
  seen.note('tasks', 'get', undefined);
  seen.note('tasks', 'list', [{ id: 'b' }]);
  for (const id of ['a', 'b']) expect(seen.of('tasks', name(id)).view).toBeUndefined();
  expect(seen.of('conversations', name('a')).view).toBeUndefined();
});

test('a record that was promised keeps what was known of it until it is given', () => {
  const seen = new SeenRecords(limits);
  const known = { ...name('a'), context: {} };
  seen.promised('tasks', view('a', 'promised'), known);
  expect(seen.of('tasks', name('a'))).toEqual({ view: view('a', 'promised'), known });
  seen.note('tasks', 'get', view('a', 'read'));
  expect(seen.of('tasks', name('a'))).toEqual({ view: view('a', 'read'), known: undefined });
});

test('a record that is forgotten, here or elsewhere, is not known', () => {
  const seen = new SeenRecords(limits);
  seen.note('tasks', 'list', [view('a'), view('b')]);
  seen.forget('tasks', name('a'));
  seen.told('tasks', namespace, [{ id: 'b', record: undefined }]);
  for (const id of ['a', 'b']) expect(seen.of('tasks', name(id)).view).toBeUndefined();
});

test('of many records those that were given last are known', () => {
  const seen = new SeenRecords({ ...limits, seenRecords: 2 });
  for (const id of ['a', 'b', 'a', 'c']) seen.note('tasks', 'get', view(id));
  expect(['a', 'b', 'c'].filter((id) => seen.of('tasks', name(id)).view !== undefined)).toEqual([
    'a',
    'c',
  ]);
});

test('[CF] what was known of a promised record outlives the record, as long as it is not given again', () => {
  const seen = new SeenRecords({ ...limits, seenRecords: 1 });
  const known = { ...name('a'), context: {} };
  seen.promised('tasks', view('a'), known);
  seen.note('tasks', 'get', view('b'));
  expect(seen.of('tasks', name('a'))).toEqual({ view: undefined, known });
  seen.note('tasks', 'get', view('a'));
  expect(seen.of('tasks', name('a'))).toEqual({ view: view('a'), known: undefined });
});
