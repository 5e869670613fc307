import { expect, test } from 'vitest';
import { SharedReplica } from './guests-of-one-program.js';

test('[CV] two guests of one replica type into a document at once, each in an editor of its own', async () => {
  const replica = await SharedReplica.open();
  const [ana, bob] = [await replica.guest('ana'), await replica.guest('bob')];
  const { id } = await ana.prose.create({ title: 'Notes', text: 'middle' });
  const [left, right] = [await ana.prose.open(id), await bob.prose.open(id)];
  expect(right.text()).toBe('middle');
  for (const sign of 'left ') left.content.insert(left.text().indexOf('middle'), sign);
  for (const sign of ' right') right.content.insert(right.content.length, sign);
  await Promise.all([left.saved, right.saved]);
  const both = 'left middle right';
  await expect.poll(() => [left.text(), right.text()]).toEqual([both, both]);
  const document = await ana.prose.get(id);
  expect(document).toMatchObject({ text: both });
  expect(document?.editors.map(({ agent }) => agent).sort()).toEqual(
    [ana.agent.id, bob.agent.id].sort(),
  );
  // What was written and not awaited is saved before the guest is gone.
  left.content.delete(0, 'left '.length);
  await ana.close();
  await expect.poll(() => right.text()).toBe('middle right');
});

test('a guest replaces by what it read, and its editor is told when the document is forgotten', async () => {
  const replica = await SharedReplica.open();
  const [ana, bob] = [await replica.guest('ana'), await replica.guest('bob')];
  const { id } = await ana.prose.create({ title: 'Draft', text: 'one two three' });
  await expect(bob.prose.replace(id, 'x')).rejects.toMatchObject({ code: 'bad_input' });
  await bob.prose.get(id);
  await ana.prose.append(id, ' four');
  await bob.prose.replace(id, 'one TWO three');
  const editor = await bob.prose.open(id);
  expect(editor.text()).toBe('one TWO three four');
  const told = new Promise<void>((resolve) => {
    editor.onChange(() => {
      if (editor.failure !== undefined) resolve();
    });
  });
  await ana.prose.forget(id);
  await told;
  expect(editor.failure).toMatchObject({ code: 'not_found' });
  await expect(bob.prose.open(id)).rejects.toMatchObject({ code: 'not_found' });
});

test('[BD] nonsense in the place of an update is refused, and harms nobody', async () => {
  const replica = await SharedReplica.open();
  const ana = await replica.guest('ana');
  const { id } = await ana.prose.create({ title: 'Draft', text: 'safe' });
  for (const update of ['', '!', 'AAEC', btoa('x'.repeat(100))])
    await expect(ana.prose.push(id, [update])).rejects.toMatchObject({ code: 'bad_input' });
  await expect(ana.prose.pull(id, 'AAEC')).rejects.toMatchObject({ code: 'bad_input' });
  expect((await ana.prose.get(id))?.text).toBe('safe');
});
