import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readLines } from '../src/imports/read-source.js';
import { temporaryPlace } from './temporary-place.js';

test('[ND] every line is read, however late somebody begins to ask for them', async () => {
  const file = join(await temporaryPlace(), 'lines');
  const written = Array.from({ length: 1_000 }, (_, n) => `line ${n}`);
  await writeFile(file, written.join('\n'));
  const read = await readLines(file, async (lines) => {
    for (let turn = 0; turn < 200; turn++) await setImmediate();
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  });
  expect(read).toEqual(written);
});

test('a line ends where it says so, with or without a return, and nowhere else', async () => {
  const file = join(await temporaryPlace(), 'lines');
  const odd = 'a\u2028b\u2029c\u0085d\fe';
  await writeFile(file, `${odd}\r\n\n${'ü'.repeat(70_000)}\nlast`);
  const read = await readLines(file, async (lines) => {
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all;
  });
  expect(read).toEqual([odd, '', 'ü'.repeat(70_000), 'last']);
});

test('a file that is not there is named', async () => {
  const reading = readLines('/nowhere/at/all', async (lines) => {
    for await (const _ of lines);
  });
  await expect(reading).rejects.toMatchObject({ code: 'bad_input' });
});
