import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { MemoryItem, Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';
import { type FolderReport, importFolder } from '../src/markdown/import-folder.js';
import { openPlace } from './open-place.js';
import { temporaryPlace } from './temporary-place.js';

async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryPlace();
  await change(folder, files);
  return folder;
}

async function change(
  folder: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

const importing = (mesh: Mesh, folder: string): Promise<FolderReport> =>
  importFolder(mesh.memory, folder, { source: 'notes' });

async function itemOf(mesh: Mesh, path: string): Promise<MemoryItem> {
  const items = await mesh.memory.list({ source: `notes/${path}`, superseded: false });
  expect(items).toHaveLength(1);
  return items[0] as MemoryItem;
}

const release = `---
title: How we ship
kind: decision
topic: release
tags: [process, "#weekly"]
importance: 0.8
validFrom: 2026-02-01
reviewer: Ines
---
We ship on Fridays.
`;

describe('importing a folder of Markdown files', () => {
  test('makes an item of each file, with what its front matter says and its path as a source', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({
      'release.md': release,
      'setup/editor.md': '# Editor\r\n\r\nUse two spaces.\r\n',
      'image.png': 'no Markdown',
    });
    expect(await importing(mesh, folder)).toEqual({
      files: 2,
      created: 2,
      superseded: 0,
      updated: 0,
      unchanged: 0,
      forgotten: 0,
      skipped: [],
      bad: [],
      unread: [],
    });
    expect(await itemOf(mesh, 'release.md')).toMatchObject({
      content: '# How we ship\n\nWe ship on Fridays.',
      kind: 'decision',
      topic: 'release',
      tags: ['process', 'weekly'],
      importance: 0.8,
      validFrom: '2026-02-01',
      sources: ['notes/release.md'],
      extra: { markdown: { front: { reviewer: 'Ines', title: 'How we ship' } } },
    });
    expect(await itemOf(mesh, 'setup/editor.md')).toMatchObject({
      content: '# Editor\n\nUse two spaces.',
      kind: 'fact',
    });
    const { hits } = await mesh.recall('when do we ship');
    expect(hits[0]?.text).toContain('We ship on Fridays.');
  });

  test('[ID] again changes nothing, and replicas importing apart make the same items', async () => {
    const folder = await folderOf({ 'release.md': release, 'plain.md': 'Just text.' });
    const mesh = await openPlace();
    const other = await openPlace();
    await importing(mesh, folder);
    expect(await importing(mesh, folder)).toMatchObject({ created: 0, unchanged: 2 });
    await importing(other, folder);
    await change(folder, { 'plain.md': 'Another text.' });
    expect(await importing(mesh, folder)).toMatchObject({ superseded: 1, unchanged: 1 });
    await importing(other, folder);
    for (const path of ['release.md', 'plain.md'])
      expect((await itemOf(other, path)).id).toBe((await itemOf(mesh, path)).id);
  });

  test('a changed text supersedes the former, and one that returns supersedes again', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'a.md': 'Ports begin at 7000.' });
    await importing(mesh, folder);
    const first = await itemOf(mesh, 'a.md');
    await change(folder, { 'a.md': 'Ports begin at 8000.' });
    await importing(mesh, folder);
    await change(folder, { 'a.md': 'Ports begin at 7000.' });
    expect(await importing(mesh, folder)).toMatchObject({ superseded: 1 });
    const last = await itemOf(mesh, 'a.md');
    expect(last.content).toBe(first.content);
    expect(last.id).not.toBe(first.id);
    expect(await mesh.conflicts.list()).toEqual([]);
    expect((await mesh.memory.lineage(last.id))?.supersedes).toHaveLength(2);
  });

  test('changed front matter changes the item, and leaves what was changed here', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'release.md': release });
    await importing(mesh, folder);
    const { id } = await itemOf(mesh, 'release.md');
    await mesh.memory.update(id, { tags: { add: ['mine'] }, importance: 0.1 });
    await change(folder, {
      'release.md': release
        .replace('"#weekly"', 'monthly')
        .replace('reviewer: Ines\n', 'pinned: true\n'),
    });
    expect(await importing(mesh, folder)).toMatchObject({ updated: 1, superseded: 0 });
    const item = await itemOf(mesh, 'release.md');
    expect(item).toMatchObject({ id, importance: 0.1, pinned: true });
    expect([...item.tags].sort()).toEqual(['mine', 'monthly', 'process']);
    expect(await importing(mesh, folder)).toMatchObject({ unchanged: 1 });
  });

  test('[CF] a text that was corrected here and changed in the file are both shown', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'a.md': 'The key is in the drawer.' });
    await importing(mesh, folder);
    const { id } = await itemOf(mesh, 'a.md');
    await mesh.memory.create({ content: 'The key is with Bo.', supersedes: [id] });
    expect(await importing(mesh, folder)).toMatchObject({ unchanged: 1 });
    await change(folder, { 'a.md': 'The key is under the mat.' });
    await importing(mesh, folder);
    const contents = (await mesh.memory.list({ superseded: false })).map(({ content }) => content);
    expect(contents).toContain('The key is with Bo.');
    expect(contents).toContain('# a\n\nThe key is under the mat.');
  });

  test('[DL] leaves forgotten what somebody forgot, whatever the file says later', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'a.md': 'A secret.', 'b.md': 'Another thing.' });
    await importing(mesh, folder);
    await mesh.memory.forget((await itemOf(mesh, 'a.md')).id);
    expect(await importing(mesh, folder)).toMatchObject({ unchanged: 1, forgotten: 1 });
    await change(folder, { 'a.md': 'A secret, longer.' });
    expect(await importing(mesh, folder)).toMatchObject({ created: 0, forgotten: 1 });
    expect((await mesh.recall('secret')).hits).toEqual([]);
  });

  test('[DL] leaves a file forgotten that was forgotten after it had changed', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'a.md': 'The vault code is 1.' });
    await importing(mesh, folder);
    await change(folder, { 'a.md': 'The vault code is 2.' });
    await importing(mesh, folder);
    const [last] = await mesh.memory.list({ superseded: false });
    await mesh.memory.forget(last?.id as RecordId);
    await change(folder, { 'a.md': 'The vault code is 3.' });
    expect(await importing(mesh, folder)).toMatchObject({ forgotten: 1, superseded: 0 });
    expect((await mesh.recall('vault code')).hits).toEqual([]);
  });

  test('[ID] is not taken in again and again after its topic was taken out', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'release.md': release });
    await importing(mesh, folder);
    await change(folder, { 'release.md': release.replace(/^topic.*\n/m, '') });
    expect(await importing(mesh, folder)).toMatchObject({ superseded: 1 });
    expect(await importing(mesh, folder)).toMatchObject({ unchanged: 1, superseded: 0 });
  });

  test('says of odd files what is odd, and takes in the rest', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({
      'good.md': 'Good.',
      'empty.md': ' \n',
      'binary.md': new Uint8Array([35, 0, 255]),
      'latin.md': new Uint8Array([72, 228, 116]),
      'large.md': 'x'.repeat(800_000),
      'bad-yaml.md': '---\ntags: [a\n---\nText below.',
      'no-list.md': '---\njust words\n---\nText below it.',
      'odd.md': '---\nweight: .nan\nimportance: high\n---\nA text with odd front matter.',
      'open.md': '---\nA line of dashes alone.',
      '.git/hidden.md': 'Not this.',
      'node_modules/x/readme.md': 'Nor this.',
    });
    await symlink('..', join(folder, 'loop'));
    await symlink('good.md', join(folder, 'link.md'));
    const report = await importing(mesh, folder);
    expect(report).toMatchObject({ files: 9, created: 5 });
    expect(report.skipped.map(({ path }) => path)).toEqual(['empty.md', 'link.md', 'loop']);
    expect(report.bad).toEqual([
      { path: 'binary.md', reason: 'is no text in UTF-8' },
      { path: 'large.md', reason: 'has 800000 bytes; 786432 is the most of one file' },
      { path: 'latin.md', reason: 'is no text in UTF-8' },
    ]);
    expect(report.unread.map(({ path }) => path)).toEqual(['bad-yaml.md', 'no-list.md']);
    expect((await itemOf(mesh, 'bad-yaml.md')).content).toContain('tags: [a');
    expect((await itemOf(mesh, 'odd.md')).extra).toMatchObject({
      markdown: { raw: 'weight: .nan\nimportance: high\n' },
    });
    expect(await importing(mesh, folder)).toMatchObject({ created: 0, unchanged: 5 });
  });

  test('keeps the items of files that are gone', async () => {
    const mesh = await openPlace();
    const folder = await folderOf({ 'a.md': 'Kept.', 'b.md': 'Kept too.' });
    await importing(mesh, folder);
    await rm(join(folder, 'a.md'));
    expect(await importing(mesh, folder)).toMatchObject({ files: 1, unchanged: 1 });
    expect((await itemOf(mesh, 'a.md')).content).toBe('# a\n\nKept.');
  });

  test('refuses a folder that is not there', async () => {
    const mesh = await openPlace();
    await expect(importing(mesh, join(await temporaryPlace(), 'none'))).rejects.toMatchObject({
      code: 'bad_input',
    });
  });
});
