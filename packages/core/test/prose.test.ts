import { proseSegment, type RecordId, type SegmentName } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { OpenReplica } from './world.js';
import { World } from './world.js';

async function textAt(replica: OpenReplica, id: RecordId): Promise<string | undefined> {
  return (await replica.prose.get(id))?.text;
}

async function hasText(world: World, id: RecordId, text: string, ...at: readonly OpenReplica[]) {
  for (const replica of at) {
    await world.eventually(
      `${replica.agent.name} reads "${text}"`,
      async () => (await textAt(replica, id)) === text,
    );
  }
}

describe('a prose document', () => {
  test('has a title, a text, and a list of those who edited it', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const made = await ana.prose.create({ title: 'Plan', text: 'First, read.\n' });
    await ana.prose.append(made.id, 'Then write.\n');
    expect(await ana.prose.get(made.id)).toMatchObject({
      title: 'Plan',
      text: 'First, read.\nThen write.\n',
      editors: [{ agent: ana.agent.id }],
      createdBy: ana.agent.id,
    });
    expect(await ana.prose.list()).toMatchObject([{ id: made.id, title: 'Plan' }]);
    await ana.prose.update(made.id, { title: 'The plan' });
    expect((await ana.prose.get(made.id))?.title).toBe('The plan');
  });

  test('[CV] is typed into at once at two replicas, and both read the same', async () => {
    const world = new World();
    await world.serveRelay();
    const ana = await world.open('ana', { relay: true });
    const bob = await world.open('bob', { relay: true });
    const { id } = await world.complete(ana.prose.create({ title: 'Notes', text: 'middle' }));
    await hasText(world, id, 'middle', bob);
    const [left, right] = [
      await world.complete(ana.prose.open(id)),
      await world.complete(bob.prose.open(id)),
    ];
    for (const sign of 'left ') left.content.insert(left.text().indexOf('middle'), sign);
    for (const sign of ' right') right.content.insert(right.content.length, sign);
    const both = 'left middle right';
    await world.eventually(
      'both editors show both',
      () => left.text() === both && right.text() === both,
    );
    await world.complete(left.acked);
    await hasText(world, id, both, ana, bob);
    const { editors } = (await ana.prose.get(id)) ?? {};
    await world.eventually('both are named as editors', async () => {
      const one = await bob.prose.get(id);
      return one?.editors.length === 2;
    });
    expect(editors).toBeDefined();
  });

  test('[CV] edited offline at both ends merges when they meet, without a relay', async () => {
    const world = new World();
    const ana = await world.open('ana', { answers: true });
    const bob = await world.open('bob', { dials: ['ana'] });
    const { id } = await ana.prose.create({ title: 'Notes', text: 'one\ntwo\nthree\n' });
    await hasText(world, id, 'one\ntwo\nthree\n', bob);
    ana.setOffline(true);
    bob.setOffline(true);
    await world.time.advance(1_000);
    await ana.prose.replace(id, 'ONE\ntwo\nthree\n', { base: 'one\ntwo\nthree\n' });
    await bob.prose.replace(id, 'one\ntwo\nTHREE\nfour\n');
    ana.setOffline(false);
    bob.setOffline(false);
    await hasText(world, id, 'ONE\ntwo\nTHREE\nfour\n', ana, bob);
  });

  test('[CF] what somebody typed since an agent read it outlives what the agent makes of it', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const agent = await world.session(ana, 'agent');
    const { id } = await ana.prose.create({ title: 'Draft', text: 'The cat sat.\nThe end.\n' });
    const read = await agent.prose.get(id);
    const editor = await ana.prose.open(id);
    editor.content.insert(0, 'Typed meanwhile.\n');
    editor.content.insert(editor.content.length - 2, ' for now');
    await editor.saved;
    await agent.prose.replace(id, (read?.text ?? '').replace('cat', 'dog'));
    expect(await textAt(ana, id)).toBe('Typed meanwhile.\nThe dog sat.\nThe end for now.\n');
    await world.eventually('the editor shows it', () => editor.text().includes('dog'));
    await editor.close();
  });

  test('is not replaced by a session that has not read it', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Draft', text: 'one' });
    const agent = await world.session(ana, 'agent');
    await expect(agent.prose.replace(id, 'two')).rejects.toMatchObject({ code: 'bad_input' });
    expect(await textAt(ana, id)).toBe('one');
  });

  test('[CP] is there after it was unloaded, folded and opened again', async () => {
    const world = new World();
    const ana = await world.open('ana', { limits: { loaded: 1, loggedUpdates: 3 } });
    const { id } = await ana.prose.create({ title: 'Long', text: 'x' });
    for (let i = 0; i < 10; i++) {
      await ana.prose.append(id, String(i));
      await ana.memory.create({ content: `unloads the document, ${i}` });
      await ana.tasks.create({ title: `so does this, ${i}` });
    }
    expect(await textAt(ana, id)).toBe('x0123456789');
    await ana.close();
    const again = await world.open('ana');
    expect(await textAt(again, id)).toBe('x0123456789');
    const editor = await again.prose.open(id);
    editor.content.delete(0, 1);
    await editor.close();
    expect(await textAt(again, id)).toBe('0123456789');
  });

  test('[CP] whenever the power goes while it is created, what is there of it can be edited', async () => {
    const world = new World();
    const whole = await world.open('whole');
    const before = world.machine('whole').disk.calls;
    await whole.prose.create({ title: 'Cut', text: 'text' });
    const calls = world.machine('whole').disk.calls - before;
    const found = new Set<string>();
    for (let n = 1; n <= calls; n++) {
      const name = `power at ${n}`;
      const ana = await world.open(name);
      world.machine(name).disk.planFault(n, 'power');
      void Promise.allSettled([ana.prose.create({ title: 'Cut', text: 'text' })]);
      await world.time.advance(100);
      const again = await world.open(name);
      for (const { id } of await again.prose.list()) {
        const { text, arrived } = (await again.prose.get(id)) ?? {};
        found.add(`${text}, ${arrived}`);
        await again.prose.replace(id, `${text} again`);
        await again.prose.append(id, '!');
        expect(await textAt(again, id), name).toBe(`${text} again!`);
      }
      await again.close();
    }
    // Its record without its text, at least once.
    expect(found).toContain(', true');
  });

  test('is not taken for empty where its text has not arrived', async () => {
    const world = new World();
    await world.serveRelay();
    const ana = await world.open('ana', { relay: true });
    const { id } = await world.complete(
      ana.prose.create({ title: 'Far', text: 'x'.repeat(5_000) }),
    );
    await world.complete(ana.acked());
    const subscription = { reach: { bytes: 4_000 } };
    const bob = await world.open('bob', { relay: true, subscription });
    await world.eventually('bob knows of it', async () => (await bob.prose.list()).length === 1);
    const first = await bob.prose.get(id);
    expect(first).toMatchObject({ text: '', arrived: false });
    await expect(bob.prose.append(id, 'y')).rejects.toMatchObject({ retryable: true });
    await hasText(world, id, 'x'.repeat(5_000), bob);
    expect(await bob.prose.get(id)).toMatchObject({ arrived: true });
  });

  test('[BD] many edits of agents at one replica cost it one Yjs client', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const agent = await world.session(ana, 'agent');
    const { id } = await ana.prose.create({ title: 'Log' });
    await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? ana : agent).prose.append(id, `${i} `)),
    );
    const text = (await textAt(ana, id)) ?? '';
    const numbers = text.trim().split(' ').map(Number);
    expect(numbers.sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    const place = ana.inner.segments.place(ana.prose.namespace, proseSegment(id) as SegmentName);
    const { clocks } = await ana.inner.segments.stateOf(place);
    // Under it the document was begun, too.
    expect(clocks.size).toBe(1);
  });

  test('[BD] takes no more than it may, and tells the editor until the text is shorter', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { characters: 10 } });
    const { id } = await ana.prose.create({ title: 'Short', text: '12345' });
    await expect(ana.prose.append(id, '678901')).rejects.toMatchObject({ code: 'too_large' });
    const editor = await ana.prose.open(id);
    editor.content.insert(5, '6789012');
    await expect(editor.saved).rejects.toMatchObject({ code: 'too_large' });
    expect(editor.failure?.code).toBe('too_large');
    expect(await textAt(ana, id)).toBe('12345');
    editor.content.delete(8, 4);
    await editor.saved;
    expect(editor.failure).toBeUndefined();
    expect(await textAt(ana, id)).toBe('12345678');
    await editor.close();
  });

  test('[CF] that is created twice at once under one id has its text once', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Gives an id' });
    const other = await world.open('bob');
    await Promise.all(
      [1, 2].map(() => other.prose.create({ title: 'Retried', text: 'abc' }, { id })),
    );
    expect(await textAt(other, id)).toBe('abc');
  });

  test('[ND] what was too long is saved when another editor has made room for it', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { characters: 10 } });
    const { id } = await ana.prose.create({ title: 'Short', text: '1234567' });
    const [full, other] = [await ana.prose.open(id), await ana.prose.open(id)];
    full.content.insert(7, 'abcde');
    await expect(full.saved).rejects.toMatchObject({ code: 'too_large' });
    other.content.delete(0, 5);
    await other.saved;
    await world.eventually('all of it is saved', async () => (await textAt(ana, id)) === '67abcde');
    expect(full.failure).toBeUndefined();
    await full.close();
  });

  test('[ND] a listener that shortens the text as it is told that it is too long has it saved', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { characters: 5 } });
    const { id } = await ana.prose.create({ title: 'Short', text: '12345' });
    const editor = await ana.prose.open(id);
    editor.onChange(() => {
      if (editor.failure?.code === 'too_large' && editor.content.length > 5)
        editor.content.delete(0, editor.content.length - 5);
    });
    editor.content.insert(5, 'abc');
    await editor.saved;
    expect(await textAt(ana, id)).toBe('45abc');
    await editor.close();
  });

  test('[ND] a listener that throws keeps nothing from being saved', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { characters: 5 } });
    const { id } = await ana.prose.create({ title: 'Short', text: '1234' });
    const editor = await ana.prose.open(id);
    const told: string[] = [];
    editor.onChange(() => {
      throw new Error('a defect of the editor');
    });
    editor.onChange(() => told.push(editor.text()));
    editor.content.insert(0, 'too long');
    await expect(editor.saved).rejects.toMatchObject({ code: 'too_large' });
    editor.content.delete(0, 7);
    await editor.saved;
    expect(await textAt(ana, id)).toBe('g1234');
    expect(told).toContain('g1234');
    await editor.close();
  });

  test('[ND] an editor that is closed with text that cannot be saved says so, and keeps it', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { characters: 5 } });
    const { id } = await ana.prose.create({ title: 'Short', text: '12345' });
    const editor = await ana.prose.open(id);
    editor.content.insert(5, 'abc');
    await expect(editor.close()).rejects.toMatchObject({ code: 'too_large' });
    expect(editor.text()).toBe('12345abc');
    expect(await textAt(ana, id)).toBe('12345');
    await (await ana.prose.open(id)).close();
    (await ana.prose.open(id)).content.insert(0, 'more');
    await ana.close();
  });

  test('[BD] may be written anew as often as one likes: what a fold would drop does not count', async () => {
    const world = new World();
    const ana = await world.open('ana', { proseLimits: { storedBytes: 5_000 } });
    const { id } = await ana.prose.create({ title: 'Rewritten', text: 'start' });
    const editor = await ana.prose.open(id);
    for (const sign of 'abcdefghijklmnop') {
      editor.content.delete(0, editor.content.length);
      editor.content.insert(0, sign.repeat(1_000));
      await editor.saved;
    }
    await editor.close();
    expect(await textAt(ana, id)).toBe('p'.repeat(1_000));
    await expect(ana.prose.append(id, 'q'.repeat(5_000))).resolves.toBeDefined();
    await expect(ana.prose.append(id, 'r')).rejects.toMatchObject({ code: 'too_large' });
  });

  test('is edited at the right places whatever a stranger put between the words', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Odd', text: 'one two' });
    const { update } = await ana.prose.pull(id);
    const stranger = new Y.Doc();
    Y.applyUpdate(stranger, Buffer.from(update ?? '', 'base64'));
    // To the stranger the root is a list.
    stranger.getArray('text').insert(0, [1, { deep: [true] }]);
    stranger.getArray('text').insert(6, [new Y.Map([['a', 1]])]);
    await ana.prose.push(id, [Buffer.from(Y.encodeStateAsUpdate(stranger)).toString('base64')]);
    expect(await textAt(ana, id)).toBe('one two');
    await ana.prose.replace(id, 'one and TWO', { base: 'one two' });
    expect(await textAt(ana, id)).toBe('one and TWO');
  });

  test('whoever watches is told of a changed text a moment later, and once', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Watched' });
    await world.time.advance(2_000);
    const told: (readonly [string, string])[] = [];
    const stop = ana.prose.watch((changes) => {
      for (const change of changes) told.push([change.id, change.origin]);
    });
    const editor = await ana.prose.open(id);
    for (const sign of 'typed') editor.content.insert(editor.content.length, sign);
    await editor.saved;
    told.length = 0; // that ana edits it is told at once
    await world.time.advance(2_000);
    expect(told).toEqual([[id, 'local']]);
    stop();
    editor.content.insert(0, 'unwatched ');
    await editor.close();
    await world.time.advance(2_000);
    expect(told).toHaveLength(1);
  });

  test('formatting and what is embedded stand aside from the plain text', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Rich', text: 'bold plain' });
    const editor = await ana.prose.open(id);
    editor.content.format(0, 4, { bold: true });
    editor.content.insertEmbed(4, { image: 'x.png' });
    await editor.saved;
    await ana.prose.replace(id, 'bold and plain', { base: 'bold plain' });
    expect(await textAt(ana, id)).toBe('bold and plain');
    await world.eventually('the editor has it', () => editor.text() === 'bold and plain');
    expect(editor.content.toDelta()).toContainEqual({ insert: { image: 'x.png' } });
    expect(editor.content.toDelta()[0]).toMatchObject({ attributes: { bold: true } });
    await editor.close();
  });
});

describe('recall', () => {
  test('finds a document by its text, and names the document', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Runbook', text: 'Restart the ferret.\n' });
    const { hits } = await ana.recall('how to restart the ferret');
    expect(hits).toMatchObject([{ id, collection: 'prose', uri: `mnemesh://shared/prose/${id}` }]);
    await ana.prose.append(id, `${'filler '.repeat(400)}\nFeed the walrus twice.\n`);
    const [hit] = (await ana.recall('walrus', { collection: 'prose' })).hits;
    expect(hit?.text).toContain('Feed the walrus twice.');
    expect(hit?.text.length).toBeLessThan(1_300);
    await ana.prose.archive(id);
    expect((await ana.recall('walrus')).hits).toEqual([]);
  });

  test('[CV] of two replicas that hold the same finds the same', async () => {
    const world = new World();
    await world.serveRelay();
    const ana = await world.open('ana', { relay: true });
    const bob = await world.open('bob', { relay: true });
    for (const animal of ['otter', 'badger'])
      await world.complete(
        ana.prose.create({ title: animal, text: `The ${animal} swims at night.` }),
      );
    await world.inStep(ana, bob);
    const answers = await Promise.all(
      [ana, bob].map(async (one) => (await one.recall('swims at night', { now: 0 })).hits),
    );
    expect(answers[0]).toHaveLength(2);
    expect(answers[1]).toEqual(answers[0]);
  });

  test('[CP] reads after a crash what it had not read before it', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Log', text: 'quiet' });
    await ana.recall('quiet');
    await ana.prose.append(id, ' heron');
    world.machine('ana').crash('power');
    const again = await world.open('ana');
    await world.time.advance(2_000);
    expect((await again.recall('heron')).hits).toMatchObject([{ id }]);
  });

  test('finds by a title that was written while it read the text', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Old', text: 'quiet' });
    await ana.recall('quiet');
    for (let turns = 0; turns < 40; turns++) {
      await ana.prose.append(id, '.');
      const renamed = ana.prose.update(id, { title: `Name${turns}` });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await ana.recall('quiet');
      await renamed;
      const { hits } = await ana.recall(`Name${turns}`);
      expect(hits, `${turns} turns`).toMatchObject([{ id }]);
    }
  });

  test('[ND] answers though a text cannot be read, and reads it when it can be', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Log', text: 'quiet' });
    await ana.recall('quiet');
    await ana.prose.append(id, ' heron');
    const { store } = ana.inner;
    const record = store.record.bind(store);
    store.record = () => Promise.reject(new Error('the disk does not answer'));
    expect((await ana.recall('heron')).hits).toEqual([]);
    store.record = record;
    expect((await ana.recall('heron')).hits).toMatchObject([{ id }]);
  });

  test('only a pinned document is part of the context', async () => {
    const world = new World();
    const ana = await world.open('ana');
    await ana.prose.create({ title: 'Loose', text: 'not to be seen' });
    const { id } = await ana.prose.create({ title: 'Rules', text: 'Be kind.', pinned: true });
    const { sections, text } = await ana.context();
    expect(sections.pinned).toMatchObject([{ id }]);
    expect(text).toContain('Rules Be kind.');
    expect(text).not.toContain('not to be seen');
  });
});

describe('forgetting', () => {
  test('[DL] removes the text everywhere, from recall and from open editors, for good', async () => {
    const world = new World();
    await world.serveRelay();
    const ana = await world.open('ana', { relay: true });
    const bob = await world.open('bob', { relay: true });
    const { id } = await world.complete(ana.prose.create({ title: 'Secret', text: 'zanzibar' }));
    await hasText(world, id, 'zanzibar', bob);
    const editor = await world.complete(bob.prose.open(id));
    bob.setOffline(true);
    editor.content.insert(0, 'late ');
    await world.complete(editor.saved);
    await world.complete(ana.prose.forget(id));
    bob.setOffline(false);
    await world.inStep(ana, bob);
    const segment = proseSegment(id) as SegmentName;
    for (const { inner, prose, recall } of [ana, bob]) {
      expect(await prose.get(id)).toBeUndefined();
      const { guid } = inner.segments.place(prose.namespace, segment);
      expect(await inner.store.document(guid)).toBeUndefined();
      expect((await recall('zanzibar')).hits).toEqual([]);
    }
    expect(editor.failure?.code).toBe('not_found');
    await world.eventually(
      'nobody holds it any more',
      async () => (await ana.prose.forgotten(id))?.outstanding.length === 0,
    );
    await expect(bob.prose.append(id, 'again')).rejects.toMatchObject({ code: 'not_found' });
  });

  test('by retention spares a document until it is archived', async () => {
    const world = new World();
    const ana = await world.open('ana');
    const { id } = await ana.prose.create({ title: 'Kept', text: 'kept' });
    const days = (count: number) => world.time.advance(count * 86_400_000);
    await days(3);
    await world.complete(ana.retain('shared/prose', 1));
    expect(await textAt(ana, id)).toBe('kept');
    await ana.prose.archive(id);
    await days(3);
    await world.eventually('its text is over', async () => (await ana.prose.get(id)) === undefined);
  });

  test('[ND] a purge takes what it saw; what somebody wrote unseen moves with its text', async () => {
    const world = new World();
    await world.serveRelay();
    const ana = await world.open('ana', { relay: true });
    const bob = await world.open('bob', { relay: true });
    await world.complete(ana.prose.create({ title: 'Old', text: 'seen' }));
    await world.inStep(ana, bob);
    bob.setOffline(true);
    await world.complete(bob.prose.create({ title: 'New', text: 'unseen' }));
    await world.complete(ana.purge('shared/prose'));
    bob.setOffline(false);
    await world.inStep(ana, bob);
    for (const replica of [ana, bob]) {
      const [only, ...others] = await replica.prose.list();
      expect(others).toEqual([]);
      expect(await textAt(replica, only?.id as RecordId)).toBe('unseen');
    }
  });
});
