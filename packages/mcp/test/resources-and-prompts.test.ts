import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, test } from 'vitest';
import { call, Place, remember } from './connected.js';

async function read(client: Client, uri: string): Promise<string> {
  const { contents } = await client.readResource({ uri });
  return String(contents[0] !== undefined && 'text' in contents[0] ? contents[0].text : '');
}

/** Resolves with the next resource that the client is told of. */
function told(client: Client): Promise<string> {
  return new Promise((resolve) => {
    client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) =>
      resolve(params.uri),
    );
  });
}

describe('resources', () => {
  test('are listed: context, conflicts, tasks, memory, and the newest records', async () => {
    const place = await Place.open();
    const client = await place.connect('a');
    const { uri } = await remember(client, { content: 'A first line\nand a second' });
    const { resources } = await client.listResources();
    expect(resources.map((one) => one.uri)).toEqual([
      'mnemesh://context',
      'mnemesh://conflicts',
      'mnemesh://tasks',
      'mnemesh://memory',
      uri,
    ]);
    expect(resources.at(-1)?.title).toBe('A first line');
    const { resourceTemplates } = await client.listResourceTemplates();
    expect(resourceTemplates.map((one) => one.uriTemplate)).toContain(
      'mnemesh://{+namespace}/{id}',
    );
  });

  test('are read by the addresses that tools cite', async () => {
    const place = await Place.open();
    const client = await place.connect('a');
    const { uri } = await remember(client, { content: 'cited', kind: 'decision' });
    const { task } = await call<{ task: { uri: string } }>(client, 'task_create', {
      title: 'Do it',
    });
    expect(JSON.parse(await read(client, uri))).toMatchObject({ content: 'cited' });
    expect(JSON.parse(await read(client, task.uri))).toMatchObject({ title: 'Do it' });
    expect(await read(client, 'mnemesh://context')).toContain('cited');
    expect(JSON.parse(await read(client, 'mnemesh://tasks'))).toMatchObject([{ title: 'Do it' }]);
    expect(JSON.parse(await read(client, 'mnemesh://conflicts'))).toEqual([]);
  });

  test('that were subscribed to are told of when somebody else changes them, and no more after that', async () => {
    const place = await Place.open();
    const [a, b] = [await place.connect('a'), await place.connect('b')];
    const first = await remember(a, { content: 'one' });
    for (const uri of ['mnemesh://memory', 'mnemesh://tasks', 'mnemesh://context'])
      await b.subscribeResource({ uri });
    await b.unsubscribeResource({ uri: 'mnemesh://memory' });
    await b.unsubscribeResource({ uri: 'mnemesh://context' });
    let next = told(b);
    await remember(a, { content: 'two' });
    await call(a, 'task_create', { title: 'Do it' });
    expect(await next).toBe('mnemesh://tasks');
    await b.subscribeResource({ uri: first.uri });
    next = told(b);
    await call(a, 'forget', { id: first.id });
    expect(await next).toBe(first.uri);
  });

  test('of every kind that recall cites are read, and told of when they change', async () => {
    const place = await Place.open();
    const [mesh, client] = [await place.session('writer'), await place.connect('reader')];
    const talk = await mesh.conversations.create({ title: 'The talk', participants: ['Ada'] });
    const text = `${'We go to the sea. '.repeat(40)}Or not.`;
    const event = await mesh.conversations.append(talk.id, { speaker: 'Ada', text });
    const persona = await mesh.personas.create({ name: 'roofer', instructions: 'Mend roofs.' });
    const state = await mesh.tools.create({ tool: 'kiln', state: { heat: 1 } });
    const uri = ({ namespace, id }: { namespace: string; id: string }) =>
      `mnemesh://${namespace}/${id}`;
    const { hits } = await call<{ hits: { uri: string }[] }>(client, 'recall', { query: 'sea' });
    expect(hits[0]?.uri).toBe(uri(event));
    expect(JSON.parse(await read(client, uri(event)))).toMatchObject({ speaker: 'Ada', text });
    expect(JSON.parse(await read(client, uri(talk)))).toMatchObject({ title: 'The talk' });
    expect(JSON.parse(await read(client, uri(persona)))).toMatchObject({ name: 'roofer' });

    const { items } = await call<{ items: object[] }>(client, 'get_memory', {
      ids: [uri(event), uri(talk)],
    });
    expect(items).toMatchObject([
      { kind: 'message', content: `Ada: ${text}`, sources: [uri(talk)] },
      { kind: 'conversation', content: 'The talk, among Ada' },
    ]);

    for (const one of [state, persona, talk]) await client.subscribeResource({ uri: uri(one) });
    const changes = [
      [state, () => mesh.tools.update(state.id, { state: { heat: 2 } })],
      [persona, () => mesh.personas.update(persona.id, { instructions: 'Tear them down.' })],
      [talk, () => mesh.conversations.update(talk.id, { title: 'The quarrel' })],
    ] as const;
    for (const [one, change] of changes) {
      const next = told(client);
      await change();
      expect(await next).toBe(uri(one));
    }
  });

  test('the context is told of when anything that it holds changes', async () => {
    const place = await Place.open();
    const [mesh, client] = [await place.session('writer'), await place.connect('reader')];
    const notes = mesh.memory.in('agents/writer/memory');
    const pinned = await notes.create({ content: 'Read this first', pinned: true });
    const document = await mesh.prose.create({ title: 'Rules', text: 'Be kind.' });
    const { id } = await mesh.tasks.create({ title: 'Dig' });
    const [a, b] = [await place.session('a'), await place.session('b')];
    for (const one of [a, b]) await one.tasks.update(id, { title: `by ${one.agent.name}` });
    // Its own session is there before, which would be news.
    await call(client, 'context');
    await client.subscribeResource({ uri: 'mnemesh://context' });
    const changes = [
      () => notes.archive(pinned.id),
      () => mesh.presence.set({ status: 'writes' }),
      () => mesh.prose.update(document.id, { title: 'Laws' }),
      () => mesh.policies.set({ namespace: 'shared/tasks', policy: 'last-writer-wins' }),
    ];
    for (const change of changes) {
      const next = told(client);
      await change();
      expect(await next).toBe('mnemesh://context');
    }
  });

  test('conflicts are told of when they begin', async () => {
    const place = await Place.open();
    const [a, b, c] = [
      await place.connect('a'),
      await place.connect('b'),
      await place.connect('c'),
    ];
    await c.subscribeResource({ uri: 'mnemesh://conflicts' });
    const next = told(c);
    await remember(a, { content: 'yes', topic: 'ship' });
    await remember(b, { content: 'no', topic: 'ship' });
    expect(await next).toBe('mnemesh://conflicts');
    expect(JSON.parse(await read(c, 'mnemesh://conflicts'))).toMatchObject([
      { about: 'topic ship' },
    ]);
  });
});

describe('prompts', () => {
  test('bring what the memory says, quoted, and what to do with it', async () => {
    const place = await Place.open();
    const client = await place.connect('a');
    await remember(client, { content: 'We ship on Fridays', kind: 'decision' });
    await remember(client, { content: 'The freeze', validTo: '2020-01-01' });
    const other = await place.connect('b');
    await remember(other, { content: 'no', topic: 'ship' });
    await remember(client, { content: 'yes', topic: 'ship' });
    const { prompts } = await client.listPrompts();
    expect(prompts.map(({ name }) => name)).toEqual([
      'session_start',
      'handoff',
      'review_memory',
      'daily_summary',
    ]);
    const get = async (name: string, args: Record<string, string> = {}): Promise<string> => {
      const { messages } = await client.getPrompt({ name, arguments: args });
      const [message] = messages;
      return message?.content.type === 'text' ? message.content.text : '';
    };
    expect(await get('session_start', { task: 'the release' })).toMatch(
      /the release[\s\S]*We ship on Fridays/,
    );
    expect(await get('handoff', { to: 'bob' })).toContain('bob');
    const review = await get('review_memory');
    expect(review).toContain('> The freeze');
    expect(review).toContain('topic ship');
    expect(await get('daily_summary')).toContain('We ship on Fridays');
  });
});
