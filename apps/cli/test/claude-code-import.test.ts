import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Conversation, Mesh } from '@mnemesh/core';
import { homeSegment } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { importTranscripts } from '../src/claude-code/import-transcripts.js';
import { openPlace } from './open-place.js';
import { temporaryPlace } from './temporary-place.js';

const SESSION = '4f6c1c5e-8f0b-4c27-9d0e-6a1d6f3b9c01';

/** Written for these tests, in the shape that Claude Code writes. */
function line(i: number, more: object): string {
  return JSON.stringify({
    parentUuid: i === 0 ? null : `u-${i - 1}`,
    isSidechain: false,
    userType: 'external',
    cwd: '/home/ines/boat',
    sessionId: SESSION,
    version: '2.1.12',
    gitBranch: 'main',
    uuid: `u-${i}`,
    timestamp: `2026-02-03T10:0${i}:00.000Z`,
    ...more,
  });
}

const usage = (output: number) => ({
  input_tokens: 4,
  cache_creation_input_tokens: 100,
  cache_read_input_tokens: 2000,
  output_tokens: output,
  service_tier: 'standard',
});

function assistant(i: number, id: string, output: number, block: object): string {
  const model = 'claude-opus-4-6';
  const message = { id, type: 'message', role: 'assistant', model, content: [block] };
  return line(i, { type: 'assistant', message: { ...message, usage: usage(output) } });
}

const transcript = [
  JSON.stringify({ type: 'file-history-snapshot', messageId: 'u-0', snapshot: {} }),
  line(0, { type: 'user', message: { role: 'user', content: 'Which port does the pump use?' } }),
  assistant(1, 'msg_1', 1, { type: 'thinking', thinking: 'I look it up.', signature: 'x' }),
  assistant(2, 'msg_1', 40, {
    type: 'tool_use',
    id: 'toolu_1',
    name: 'Grep',
    input: { pattern: 'PUMP_PORT' },
  }),
  line(3, {
    type: 'user',
    message: {
      role: 'user',
      content: [
        {
          type: 'tool_result',
          tool_use_id: 'toolu_1',
          content: [
            { type: 'text', text: 'PUMP_PORT=7441' },
            { type: 'image', source: {} },
          ],
        },
      ],
    },
    toolUseResult: { mode: 'content' },
  }),
  assistant(4, 'msg_2', 12, { type: 'text', text: 'The pump uses port 7441.' }),
  line(5, { type: 'system', subtype: 'local_command', content: 'Set model to opus' }),
  JSON.stringify({ type: 'queue-operation', operation: 'enqueue', sessionId: SESSION }),
];

async function fileOf(lines: readonly string[], name = `${SESSION}.jsonl`): Promise<string> {
  const file = join(await temporaryPlace(), name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

const importing = (mesh: Mesh, place: string) => importTranscripts(mesh.conversations, place);

async function session(mesh: Mesh, name = SESSION): Promise<Conversation> {
  return (await mesh.conversations.getByRef(`claude-code:${name}`)) as Conversation;
}

describe('importing transcripts of Claude Code', () => {
  test('makes messages, thoughts, calls and results events of a conversation', async () => {
    const mesh = await openPlace();
    expect(await importing(mesh, await fileOf(transcript))).toEqual({
      files: 1,
      conversations: 1,
      lines: 8,
      events: 6,
      created: 7,
      updated: 0,
      unchanged: 0,
      forgotten: 0,
      tokensIn: 2 * 2104,
      tokensOut: 52,
      other: { 'file-history-snapshot': 1, 'queue-operation': 1 },
      skipped: [],
      bad: [],
    });
    const { id, title, metadata } = await session(mesh);
    expect(title).toBe('Which port does the pump use?');
    expect(metadata).toMatchObject({ cwd: '/home/ines/boat', gitBranch: 'main', session: SESSION });
    const model = 'claude-opus-4-6';
    expect(await mesh.conversations.events(id)).toMatchObject([
      { kind: 'message', role: 'user', text: 'Which port does the pump use?' },
      { kind: 'note', text: 'I look it up.', model, tokensIn: 2104, tokensOut: 1 },
      { kind: 'tool_call', tool: 'Grep', args: { pattern: 'PUMP_PORT' }, tokensOut: 39 },
      { kind: 'tool_result', tool: 'Grep', result: 'PUMP_PORT=7441\n(image)' },
      { kind: 'message', speaker: 'Claude', text: 'The pump uses port 7441.', tokensOut: 12 },
      { kind: 'note', role: 'system', at: '2026-02-03T10:05:00.000Z' },
    ]);
    const { hits } = await mesh.recall('PUMP_PORT');
    expect(hits.length).toBeGreaterThan(0);
  });

  test('[ID] a session that went on gets what is new, in its place; replicas apart make the same', async () => {
    const mesh = await openPlace();
    const other = await openPlace();
    await importing(mesh, await fileOf(transcript.slice(0, 3)));
    const whole = await fileOf(transcript);
    expect(await importing(mesh, whole)).toMatchObject({ created: 4, unchanged: 2 });
    expect(await importing(mesh, whole)).toMatchObject({ created: 0, updated: 0, unchanged: 6 });
    await importing(other, whole);
    const { id } = await session(mesh);
    expect((await session(other)).id).toBe(id);
    const texts = async (one: Mesh) =>
      (await one.conversations.events(id)).map(({ id: event, position, text, tokensOut }) => ({
        event,
        position,
        text,
        tokensOut,
      }));
    expect(await texts(other)).toEqual(await texts(mesh));
  });

  test('takes the title that a session got, unless somebody here gave it another', async () => {
    const mesh = await openPlace();
    const summary = (leafUuid: string, text: string) =>
      JSON.stringify({ type: 'summary', summary: text, leafUuid });
    await importing(mesh, await fileOf(transcript));
    const named = [
      summary('u-4', 'The port of the pump'),
      ...transcript,
      summary('of-another', 'Something else'),
    ];
    expect(await importing(mesh, await fileOf(named))).toMatchObject({ updated: 1 });
    const { id, title } = await session(mesh);
    expect(title).toBe('The port of the pump');
    await mesh.conversations.update(id, { title: 'Pump' });
    expect(await importing(mesh, await fileOf(named))).toMatchObject({ updated: 0 });
    expect((await session(mesh)).title).toBe('Pump');
  });

  test('takes a folder, with the sessions of helpers beside their own', async () => {
    const mesh = await openPlace();
    const file = await fileOf(transcript, `-home-ines-boat/${SESSION}.jsonl`);
    const folder = dirname(dirname(file));
    const helpers = join(dirname(file), SESSION, 'subagents');
    await mkdir(helpers, { recursive: true });
    await writeFile(
      join(helpers, 'agent-a1b2.jsonl'),
      line(0, {
        type: 'user',
        isSidechain: true,
        agentId: 'a1b2',
        message: { role: 'user', content: 'Count the valves.' },
      }),
    );
    await writeFile(join(dirname(file), 'notes.jsonl'), '{"type":"note"}\n');
    expect(await importing(mesh, folder)).toMatchObject({ files: 3, conversations: 2 });
    const helper = await session(mesh, `${SESSION}/agent-a1b2`);
    expect(helper.title).toBe('Count the valves.');
    expect(await mesh.conversations.events(helper.id)).toMatchObject([
      { extra: { sidechain: true } },
    ]);
    // One segment for all sessions of a month could outgrow what a relay takes.
    expect(homeSegment(helper.id)).not.toBe(homeSegment((await session(mesh)).id));
  });

  test('names broken lines by number, tolerates what is absent, and imports the rest', async () => {
    const mesh = await openPlace();
    const odd = [
      '{"type":"user","message":{"content":"Said without anything else."}}',
      '',
      '{"type":"assistant","message":{"content":[{"type":"text","text":"Half a li',
      '[1, 2]',
      '{"type":"assistant","timestamp":5,"message":{"usage":"none","content":[{"type":"text","text":"Answered."},{"type":"new"},7]}}',
      '{"type":"assistant"}',
      `{"type":"user","message":{"content":"${'x'.repeat(150_000)}"}}`,
    ];
    const report = await importing(mesh, await fileOf(odd, 'odd.jsonl'));
    expect(report.bad.map(({ line: number }) => number)).toEqual([3, 4]);
    expect(report).toMatchObject({ lines: 6, events: 3, created: 4 });
    const events = await mesh.conversations.events((await session(mesh, 'odd')).id);
    expect(events.map(({ text }) => text?.slice(0, 12))).toEqual([
      'Said without',
      'Answered.',
      'xxxxxxxxxxxx',
    ]);
    expect(events[2]?.text).toContain('50000 characters more');
  });

  test('[DL] leaves forgotten what somebody forgot', async () => {
    const mesh = await openPlace();
    const file = await fileOf(transcript);
    await importing(mesh, file);
    await mesh.conversations.forget((await session(mesh)).id);
    expect(await importing(mesh, file)).toMatchObject({ created: 0, forgotten: 7 });
    expect((await mesh.recall('PUMP_PORT')).hits).toEqual([]);
  });

  test('refuses a file that is not there', async () => {
    const mesh = await openPlace();
    await expect(importing(mesh, '/nowhere/at-all.jsonl')).rejects.toMatchObject({
      code: 'bad_input',
    });
  });
});
