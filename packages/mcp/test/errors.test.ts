import { MnemeshError } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { describe, expect, test } from 'vitest';
import { call, connected, failing, Place, remember, temporaryPlace } from './connected.js';

describe('a call that cannot be done is answered with a code and what to do', () => {
  test('for arguments that are missing, of another kind, or unknown', async () => {
    const client = await (await Place.open()).connect('a');
    const missing = await failing(client, 'remember', {});
    expect(missing).toMatchObject({ code: 'bad_input' });
    expect(missing.text).toContain('"content" is missing');
    const unknown = await failing(client, 'remember', { content: 'x', tag: 'y' });
    expect(unknown.text).toContain('there is no argument "tag"');
    expect(unknown.text).toContain('tags');
    const kind = await failing(client, 'remember', { content: 'x', kind: 'rumour' });
    expect(kind.text).toContain('decision');
    for (const args of [
      { content: 7 },
      { content: '' },
      { content: 'x', importance: 2 },
      { content: 'x', validFrom: 'soon' },
    ])
      expect(await failing(client, 'remember', args)).toMatchObject({ code: 'bad_input' });
    expect(await failing(client, 'task_list', { limit: 1.5 })).toMatchObject({ code: 'bad_input' });
  });

  test('for ids that are none, or name nothing', async () => {
    const client = await (await Place.open()).connect('a');
    expect(await failing(client, 'get_memory', { ids: ['no id'] })).toMatchObject({
      code: 'bad_input',
    });
    expect(await failing(client, 'get_memory', { ids: ['mnemesh://x'] })).toMatchObject({
      code: 'bad_input',
    });
    expect(await failing(client, 'get_memory', { ids: ['1.NOBODY'] })).toMatchObject({
      code: 'not_found',
    });
    expect(await failing(client, 'task_update', { id: '1.NOBODY', notes: 'x' })).toMatchObject({
      code: 'not_found',
    });
    expect(
      await failing(client, 'recall', { query: 'x', namespaces: ['no such//'] }),
    ).toMatchObject({
      code: 'bad_input',
    });
  });

  test('for content that is too large, and nothing of it is stored', async () => {
    const client = await (await Place.open()).connect('a');
    const { code, text } = await failing(client, 'remember', { content: 'x'.repeat(2_000_000) });
    expect(code).toBe('too_large');
    expect(text).toContain('Split it');
    expect(await call(client, 'recall', { query: 'xx' })).toMatchObject({ hits: [] });
  });

  test('for a tool that is not there', async () => {
    const client = await (await Place.open()).connect('a');
    const { code, text } = await failing(client, 'message_send', { to: 'x', content: 'y' });
    expect(code).toBe('not_found');
    expect(text).toContain('remember');
  });

  test('for a mesh that cannot be opened; the next call tries again', async () => {
    const place = await Place.open();
    let attempts = 0;
    const client = await connected('a', {
      open: (by) => {
        attempts += 1;
        if (attempts > 1) return place.opens(by);
        const problem = new MnemeshError('store_in_use', 'Process 7 has it.', { retryable: true });
        return Promise.reject(problem);
      },
    });
    expect(await failing(client, 'task_list')).toMatchObject({
      code: 'store_in_use',
      retryable: true,
    });
    expect(await call(client, 'task_list')).toMatchObject({ tasks: [] });
  });

  test('for a store that fails: what was saved stays, and the session goes on answering', async () => {
    const runtime = nodeRuntime();
    const store = openSqliteStore({ directory: await temporaryPlace(), runtime });
    let isFull = false;
    const place = await Place.open(async (...given) => {
      const opened = await store(...given);
      const { commit } = opened;
      return Object.defineProperty(opened, 'commit', {
        value: (batch: Parameters<typeof commit>[0]) =>
          isFull ? Promise.reject(new Error('ENOSPC')) : commit.call(opened, batch),
      });
    });
    const client = await place.connect('a');
    const { id } = await remember(client, { content: 'saved before' });
    isFull = true;
    const { code, text } = await failing(client, 'remember', { content: 'lost' });
    expect(code).toBe('store_failed');
    expect(text).toContain('Free space');
    expect(await call(client, 'get_memory', { ids: [id] })).toMatchObject({
      items: [{ content: 'saved before' }],
    });
  });
});

test('resources and prompts that are not there are errors of the protocol that bear our code', async () => {
  const client = await (await Place.open()).connect('a');
  await expect(client.readResource({ uri: 'mnemesh://nothing' })).rejects.toThrow(/bad_input/);
  await expect(
    client.readResource({ uri: 'mnemesh://shared/memory/1.NOBODY' }),
  ).rejects.toMatchObject({ code: -32002, data: { code: 'not_found' } });
  await expect(client.subscribeResource({ uri: 'file:///etc/passwd' })).rejects.toThrow(
    /bad_input/,
  );
  await expect(client.getPrompt({ name: 'nothing' })).rejects.toThrow(/session_start/);
});
