import { describe, expect, it } from 'vitest';
import { openTeam } from './team.js';

describe('recall', () => {
  it('finds the answer that stands beside the question, and says why', async () => {
    const [ana] = await openTeam();
    const { id } = await ana.conversations.create({ title: 'A walk' });
    const [, answer] = await ana.conversations.append(id, [
      { speaker: 'Eve', text: 'Which instrument did you take up, Adam?' },
      { speaker: 'Adam', text: 'The cello, last spring.', at: '2024-05-01' },
      { speaker: 'Eve', text: 'Lovely weather.' },
    ]);
    const { hits } = await ana.recall('When did Adam take up an instrument?');
    expect(hits[0]).toMatchObject({
      id: answer?.id,
      conversation: id,
      speaker: 'Adam',
      uri: `mnemesh://conversations/${answer?.id}`,
    });
    expect(hits[0]?.why).toContain('said by Adam');
  });

  it('shows an item once when others say the same', async () => {
    const [ana, bo] = await openTeam();
    await ana.memory.create({ content: 'The build needs Node 20 and a C++ compiler' });
    await bo.memory.create({ content: 'The build needs a C++ compiler, and Node 20.' });
    const { hits } = await bo.recall('what does the build need?');
    expect(hits).toHaveLength(1);
    expect(hits[0]?.why).toContain('said again elsewhere');
  });

  const LONG =
    'After the outage in March the team agreed with operations, support and the two customers who were hit that';
  it.each([
    [
      'a "not"',
      'We deploy the billing service on Fridays',
      'We do not deploy the billing service on Fridays',
    ],
    [
      'another number',
      `${LONG} backups are kept for 30 days`,
      `${LONG} backups are kept for 90 days`,
    ],
    ['a number more', `${LONG} backups are kept on disks`, `${LONG} backups are kept on 3 disks`],
    [
      'the way round',
      'We move the sessions from Redis to Postgres in May',
      'We move the sessions from Postgres to Redis in May',
    ],
    [
      'what is not meant',
      'Indent the code of the relay with tabs, not spaces',
      'Indent the code of the relay with spaces, not tabs',
    ],
    [
      'another word',
      `${LONG} the primary region is Frankfurt`,
      `${LONG} the primary region is Dublin`,
    ],
  ])('shows both of two long texts that %s keeps apart', async (_, one, other) => {
    const [ana, bo] = await openTeam();
    const { id } = await ana.memory.create({ content: one });
    const { id: second } = await bo.memory.create({ content: other });
    const { hits } = await bo.recall(one);
    expect(hits.map((hit) => hit.id).sort()).toEqual([id, second].sort());
    expect(hits.map(({ why }) => why).join()).not.toContain('said again');
  });

  it('shows both of two items of one topic that contradict each other, in whatever words [CF]', async () => {
    const [ana, bo] = await openTeam();
    const write = { topic: 'leads', kind: 'decision' } as const;
    const one = await ana.memory.create({
      content: 'Ana leads and Bo reviews release five',
      ...write,
    });
    const other = await bo.memory.create({
      content: 'Bo leads and Ana reviews release five',
      ...write,
    });
    const again = await bo.memory.create({
      content: 'Ana leads and Bo reviews release five.',
      ...write,
    });
    const { hits } = await bo.recall('who leads release five?');
    const shown = hits.map(({ id }) => id);
    expect(shown).toContain(other.id);
    expect(shown.filter((id) => id === one.id || id === again.id)).toHaveLength(1);
  });

  it('finds what was valid on an early day among hundreds that were not yet', async () => {
    const [ana] = await openTeam();
    const day = (n: number) => new Date(Date.UTC(2020, 0, n)).toISOString().slice(0, 10);
    for (let n = 1; n <= 150; n++)
      await ana.memory.create({
        content: `The on-call engineer is number ${n}`,
        validFrom: day(n),
        validTo: day(n + 1),
      });
    const { hits } = await ana.recall('who is the on-call engineer?', { asOf: '2020-01-02' });
    expect(hits.map(({ text }) => text)).toEqual(['The on-call engineer is number 2']);
  });

  it('shows what else there is beside a chain that was corrected again and again', async () => {
    const [ana] = await openTeam();
    let last = await ana.memory.create({ content: 'The gate code of the depot is 100' });
    for (let n = 101; n < 140; n++)
      last = await ana.memory.create({
        content: `The gate code of the depot is ${n}`,
        supersedes: [last.id],
      });
    const other = await ana.memory.create({ content: 'A gate stands in the north, of steel' });
    const { hits } = await ana.recall('gate code of the depot', { limit: 5 });
    expect(hits.map(({ id }) => id)).toEqual([last.id, other.id]);
  });

  it('shows nothing of a chain whose end was forgotten or archived', async () => {
    const [ana] = await openTeam();
    const chain = async (word: string) => {
      const one = await ana.memory.create({ content: `The ${word} gate code is 1111` });
      const two = await ana.memory.create({ content: 'New digits: 2222', supersedes: [one.id] });
      return ana.memory.create({ content: 'Now 3333', supersedes: [two.id] });
    };
    const [forgotten, archived] = [await chain('garden'), await chain('garage')];
    await ana.memory.forget(forgotten.id);
    await ana.memory.archive(archived.id);
    expect((await ana.recall('garden gate code')).hits).toEqual([]);
    expect((await ana.recall('garage gate code')).hits).toEqual([]);
    const middle = await ana.memory.create({ content: 'The attic code is 1' });
    const second = await ana.memory.create({ content: 'It is 2', supersedes: [middle.id] });
    const last = await ana.memory.create({ content: 'It is 3', supersedes: [second.id] });
    await ana.memory.forget(second.id);
    expect((await ana.recall('attic code')).hits.map(({ id }) => id)).toEqual([last.id]);
  });

  it('prefers what its writer calls important, and what the query names as its topic', async () => {
    const [ana] = await openTeam();
    await ana.memory.create({ content: 'Deploys go out on Monday morning', importance: 0.1 });
    const item = await ana.memory.create({
      content: 'Deploys go out on Thursday night',
      importance: 0.9,
    });
    const named = await ana.memory.create({ content: 'Nothing moves on Sunday', topic: 'deploys' });
    const { hits } = await ana.recall('when do deploys go out?');
    expect(hits[0]?.id).toBe(item.id);
    expect(hits.find(({ id }) => id === named.id)?.why).toContain('about deploys');
  });

  it('follows a chain to its end, and leaves out what is no longer valid', async () => {
    const [ana] = await openTeam();
    const one = await ana.memory.create({ content: 'The gate code is 1111' });
    const two = await ana.memory.create({ content: 'New digits: 2222', supersedes: [one.id] });
    const three = await ana.memory.create({ content: 'Now 3333', supersedes: [two.id] });
    await ana.memory.create({ content: 'The gate code is under the mat', validTo: '2020-01-01' });
    const { hits } = await ana.recall('gate code');
    expect(hits.map(({ id }) => id)).toEqual([three.id]);
    expect(hits[0]?.why).toContain(`replaces ${one.id}`);
  });

  it('keeps to a budget of tokens, and says what it left out', async () => {
    const [ana] = await openTeam();
    for (const word of ['heron', 'otter', 'lynx'])
      await ana.memory.create({ content: `The ${word} was seen at the river. ${word} `.repeat(9) });
    const { hits, omitted } = await ana.recall('who was seen at the river?', { maxTokens: 220 });
    expect([hits.length, omitted]).toEqual([2, 1]);
  });

  it.each([
    ['', {}, 'bad_input'],
    ['  ', {}, 'bad_input'],
    ['what is it?', {}, 'bad_input'],
    ['x'.repeat(20_000), {}, 'too_large'],
    ['word', { limit: 0 }, 'bad_input'],
    ['word', { maxTokens: -1 }, 'bad_input'],
    ['word', { asOf: 'yesterday' }, 'bad_input'],
    ['word', { namespaces: ['../x'] }, 'bad_input'],
    ['word', { collection: 'nothing' as never }, 'bad_input'],
  ])('refuses %j with %j', async (query, options, code) => {
    const [ana] = await openTeam();
    await expect(ana.recall(query, options)).rejects.toMatchObject({ code });
  });

  it('answers a long query from its first words', async () => {
    const [ana] = await openTeam();
    await ana.memory.create({ content: 'A lighthouse on the cliff' });
    const words = Array.from({ length: 300 }, (_, n) => `word${n}`).join(' ');
    expect((await ana.recall(`lighthouse ${words}`)).hits).toHaveLength(1);
  });

  it('tells how much of the mesh it has searched', async () => {
    const [ana] = await openTeam();
    await ana.memory.create({ content: 'A lighthouse on the cliff' });
    const { coverage } = await ana.recall('lighthouse');
    expect(coverage.held).toBe(coverage.known);
    expect(coverage.held).toBeGreaterThan(0);
  });
});
