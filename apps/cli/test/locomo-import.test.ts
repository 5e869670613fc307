import type { Conversation, Mesh } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { importLocomo } from '../src/locomo/import-locomo.js';
import { openPlace } from './open-place.js';

/** Written for these tests, in the shape of the data set. */
const sample = {
  sample_id: 'talk-1',
  conversation: {
    speaker_a: 'Ines',
    speaker_b: 'Tomas',
    session_1_date_time: '9:05 pm on 3 March, 2024',
    session_1: [
      { speaker: 'Ines', dia_id: 'D1:1', text: 'I painted the boat yesterday.' },
      {
        speaker: 'Tomas',
        dia_id: 'D1:2',
        text: 'Show me!',
        blip_caption: 'a red boat on a trailer',
        img_url: ['https://example.org/boat.jpg'],
      },
    ],
    session_2_date_time: '12:30 am on 1 April, 2024',
    session_2: [{ speaker: 'Ines', dia_id: 'D2:1', text: 'It floats.' }],
  },
  qa: [{ question: 'What did Ines paint?', answer: 'a boat', evidence: ['D1:1'], category: 4 }],
};

const importing = (mesh: Mesh, file: unknown) =>
  importLocomo(mesh.conversations, JSON.stringify(file));

async function talk(mesh: Mesh): Promise<Conversation> {
  return (await mesh.conversations.getByRef('locomo:talk-1')) as Conversation;
}

describe('importing a LoCoMo file', () => {
  test('makes every turn an event, with its session, date, speaker and caption', async () => {
    const mesh = await openPlace();
    expect(await importing(mesh, [sample])).toEqual({
      conversations: 1,
      sessions: 2,
      events: 3,
      created: 4,
      unchanged: 0,
      forgotten: 0,
      bad: [],
    });
    const { id, participants } = await talk(mesh);
    expect(participants).toEqual(['Ines', 'Tomas']);
    const events = await mesh.conversations.events(id);
    expect(events).toMatchObject([
      { session: 1, speaker: 'Ines', at: '2024-03-03T21:05', ref: 'locomo:talk-1/D1:1' },
      { caption: 'a red boat on a trailer', extra: { img_url: ['https://example.org/boat.jpg'] } },
      { session: 2, at: '2024-04-01T00:30', text: 'It floats.' },
    ]);
    const { hits } = await mesh.recall('What did Ines paint in March 2024?');
    expect(hits[0]?.id).toBe(events[0]?.id);
  });

  test('[ID] again changes nothing, and replicas importing apart make the same records', async () => {
    const mesh = await openPlace();
    const other = await openPlace();
    await importing(mesh, [sample]);
    expect(await importing(mesh, sample)).toMatchObject({ created: 0, unchanged: 4 });
    await importing(other, [sample]);
    expect((await talk(other)).id).toBe((await talk(mesh)).id);
  });

  test('[DL] leaves forgotten what somebody forgot', async () => {
    const mesh = await openPlace();
    await importing(mesh, [sample]);
    await mesh.conversations.forget((await talk(mesh)).id);
    expect(await importing(mesh, [sample])).toMatchObject({ created: 0, forgotten: 4 });
    expect((await mesh.recall('boat')).hits).toEqual([]);
  });

  test('names the conversation that is not right, and imports the rest', async () => {
    const mesh = await openPlace();
    const report = await importing(mesh, [{ sample_id: 'x' }, sample, 7]);
    expect(report.bad).toEqual([
      { conversation: 1, reason: 'The conversation has no "conversation".' },
      { conversation: 3, reason: 'The conversation is no JSON object.' },
    ]);
    expect(report.conversations).toBe(1);
  });

  test('refuses what is no JSON', async () => {
    const mesh = await openPlace();
    await expect(importLocomo(mesh.conversations, '{')).rejects.toMatchObject({
      code: 'bad_input',
    });
  });
});
