import { describe, expect, test } from 'vitest';
import { syncSummary } from '../src/tools/sync-status.js';
import { call, failing, Place, remember, textOf } from './connected.js';

interface Inbox {
  readonly messages: readonly {
    readonly id: string;
    readonly from: string;
    readonly content: string;
    readonly replyTo?: string;
  }[];
  readonly unread: number;
}

describe('messages', () => {
  test('are given until they are marked as read, oldest first, and can be answered', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('alice', ['team']), await place.connect('bob', ['team'])];
    // Whoever wrote something is known.
    await remember(b, { content: 'hello' });
    await call(a, 'message_send', { to: 'bob', content: 'first' });
    await call(a, 'message_send', { to: 'bob', content: 'second' });
    const before = await call<Inbox>(b, 'message_inbox');
    expect(before.messages.map(({ from, content }) => [from, content])).toEqual([
      ['alice', 'first'],
      ['alice', 'second'],
    ]);
    expect(await call<Inbox>(b, 'message_inbox')).toEqual(before);
    const [first] = before.messages;
    const after = await call<Inbox>(b, 'message_inbox', { read: [first?.id] });
    expect(after.messages.map(({ content }) => content)).toEqual(['second']);
    await call(b, 'message_send', { to: 'alice', content: 'thanks', replyTo: first?.id });
    const answer = await call<Inbox>(a, 'message_inbox');
    expect(answer.messages).toMatchObject([{ content: 'thanks', replyTo: first?.id }]);
    expect(await textOf(a, 'message_inbox')).toContain('> thanks');
  });

  test('go to everybody else, and to nobody who was never here', async () => {
    const place = await Place.open();
    const clients = await Promise.all(['a', 'b', 'c'].map((name) => place.connect(name, ['team'])));
    const [a, b, c] = clients as [(typeof clients)[0], (typeof clients)[0], (typeof clients)[0]];
    expect(await failing(a, 'message_send', { to: '*', content: 'x' })).toMatchObject({
      code: 'not_found',
    });
    for (const client of clients) await remember(client, { content: 'here' });
    const { text } = await failing(a, 'message_send', { to: 'zed', content: 'x' });
    expect(text).toContain('b, c');
    await call(a, 'message_send', { to: '*', content: 'to all' });
    for (const client of [b, c])
      expect((await call<Inbox>(client, 'message_inbox')).messages).toHaveLength(1);
    expect((await call<Inbox>(a, 'message_inbox')).messages).toHaveLength(0);
  });
});

test('documents are begun, read in parts, added to, and changed in place beside others', async () => {
  const place = await Place.open();
  const [a, b] = [await place.connect('alice', ['team']), await place.connect('bob', ['team'])];
  const { id, uri } = await call<{ id: string; uri: string }>(a, 'document_write', {
    title: 'Minutes',
    text: 'We met on Monday.\n',
  });
  await call(b, 'document_write', { id: uri, text: 'We agreed.\n' });
  await call(a, 'document_write', { id, find: 'Monday', text: 'Tuesday' });
  expect(await call(b, 'document_read', { id })).toMatchObject({
    title: 'Minutes',
    text: 'We met on Tuesday.\nWe agreed.\n',
    editors: expect.arrayContaining(['alice', 'bob']),
  });
  expect(await call(b, 'document_read', { id, offset: 19 })).toMatchObject({
    text: 'We agreed.\n',
    length: 30,
  });
  expect(await textOf(b, 'document_read', { id })).toContain('> We met on Tuesday.');
  for (const find of ['Monday', 'We'])
    expect(await failing(a, 'document_write', { id, find, text: 'x' })).toMatchObject({
      code: 'bad_input',
    });
  expect(await failing(a, 'document_write', { text: 'no title' })).toMatchObject({
    code: 'bad_input',
  });
  const { contents } = await b.readResource({ uri });
  expect(JSON.stringify(contents)).toContain('We met on Tuesday.');
});

test('presence and context tell who is here, and what they do', async () => {
  const place = await Place.open();
  const [a, b] = [await place.connect('alice', ['team']), await place.connect('bob', ['team'])];
  expect(await call(a, 'presence')).toMatchObject({ sessions: [{ name: 'alice', isYou: true }] });
  await call(b, 'presence', { status: 'measures\nthe house', persona: 'roofer' });
  const { task } = await call<{ task: { id: string } }>(b, 'task_create', { title: 'The roof' });
  await call(b, 'task_claim', { id: task.id });
  expect(await call(a, 'presence')).toMatchObject({
    sessions: [
      { name: 'alice' },
      { name: 'bob', isYou: false, persona: 'roofer', task: { id: task.id } },
    ],
    omitted: 0,
  });
  expect(await textOf(a, 'presence')).toMatch(/> bob \(agent\), .*; as roofer; measures the house/);
  const { online } = await call<{ online: { text: string }[] }>(a, 'context');
  expect(online.map(({ text }) => text)).toEqual([
    `- bob: as roofer; measures the house; works on "The roof" [${task.id}]`,
  ]);
  await call(b, 'presence', { status: null });
  expect(await textOf(a, 'presence')).not.toContain('measures');
  const { code } = await failing(a, 'presence', { status: 'x'.repeat(501) });
  expect(code).toBe('bad_input');
});

test('sync_status says how far what was written has come', async () => {
  const place = await Place.open();
  const client = await place.connect('alice', ['team']);
  expect(await call(client, 'sync_status')).toMatchObject({
    mesh: 'team',
    agent: 'alice',
    unsaved: 0,
    links: [],
    problems: [],
  });
  expect(await textOf(client, 'sync_status')).toContain('No relay is set');
});

test('sync_status promises the relay nothing that only peers hold', () => {
  const inStep = { synced: true, offline: false, unacked: 2, awaited: 0 };
  const [relay, peers] = [
    { kind: 'relay', links: 1 },
    { kind: 'peer', links: 2 },
  ];
  expect(syncSummary({ ...inStep, links: [relay, peers] })).toContain('on the relay');
  for (const links of [[peers], [{ ...relay, links: 0 }, peers]])
    expect(syncSummary({ ...inStep, links })).toMatch(/^Everything is saved here, and the peers/);
});
