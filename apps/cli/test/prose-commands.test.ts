import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProseDocument, ProseText } from '@mnemesh/core';
import { describe, expect, test } from 'vitest';
import { type Place, run } from './run-command.js';
import { temporaryPlace } from './temporary-place.js';

async function place(): Promise<Place> {
  const cwd = await temporaryPlace();
  return { cwd, env: { MNEMESH_MESH: 'atlas', MNEMESH_AGENT: 'planner', MNEMESH_DATA: cwd } };
}

async function add(at: Place, text: string): Promise<ProseDocument> {
  const args = ['prose', 'add', 'Release notes', '--file', '-', '--json'];
  return (await run(at, args, text)).json<{ record: ProseDocument }>().record;
}

describe('prose', () => {
  test('add, list, show and edit a document from files and standard input', async () => {
    const at = await place();
    const { id } = await add(at, 'One.\nTwo.\nThree.\n');
    expect((await run(at, ['prose', 'list'])).out).toBe(`${id}  Release notes\n`);
    const shown = await run(at, ['prose', 'show', id]);
    expect(shown).toMatchObject({ code: 0, out: 'One.\nTwo.\nThree.\n' });

    // Somebody edits while the printed text is worked on in a file.
    await writeFile(join(at.cwd, 'before.md'), shown.out);
    await writeFile(join(at.cwd, 'after.md'), shown.out.replace('Two', 'TWO'));
    expect((await run(at, ['prose', 'edit', id, '-', '--append'], 'Four.\n')).code).toBe(0);
    const edited = await run(at, ['prose', 'edit', id, 'after.md', '--base', 'before.md']);
    expect(edited).toMatchObject({ code: 0, err: expect.stringContaining('saved here') });
    const document = (await run(at, ['prose', 'show', id, '--json'])).json<ProseText>();
    expect(document).toMatchObject({ text: 'One.\nTWO.\nThree.\nFour.\n' });
    expect(document.editors).toHaveLength(1);

    // Without a base the document becomes what the file says.
    await run(at, ['prose', 'edit', id, 'after.md']);
    expect((await run(at, ['prose', 'show', id])).out).toBe('One.\nTWO.\nThree.\n');
    expect((await run(at, ['recall', 'what is three?'])).out).toContain(id);
    const [exported] = (await run(at, ['export'])).out.trim().split('\n').slice(-1);
    expect(JSON.parse(exported as string)).toMatchObject({
      collection: 'prose',
      title: 'Release notes',
      text: 'One.\nTWO.\nThree.\n',
    });
  });

  test('a forgotten document is gone, and an unknown one is told of', async () => {
    const at = await place();
    const { id } = await add(at, 'secret');
    expect(await run(at, ['prose', 'forget', id])).toMatchObject({
      code: 0,
      err: expect.stringContaining('nothing of it is left'),
    });
    const gone = await run(at, ['prose', 'show', id]);
    expect(gone).toMatchObject({ code: 3, err: expect.stringContaining('mnemesh prose list') });
    expect((await run(at, ['prose', 'edit', id, 'missing.md'])).code).toBe(2);
  });
});
