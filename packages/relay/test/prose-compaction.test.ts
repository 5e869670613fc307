import { parseMeshId, parseNamespace, type SegmentName, segmentGuid } from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { inlineCompactor } from '../src/index.js';

const mesh = parseMeshId('team');
const namespace = parseNamespace('shared/prose');

function compact(segment: string, updates: readonly Uint8Array[]) {
  const name = segment as SegmentName;
  const guid = segmentGuid(mesh, namespace, name);
  const input = { mesh, namespace, segment: name, guid, updates, clientId: 7 };
  return inlineCompactor(nodeSignatures).compact(input);
}

/** Two clients set one value at the same time: Yjs deletes the loser, and neither said so. */
function contested(): readonly Uint8Array[] {
  return ['one', 'two'].map((value) => {
    const doc = new Y.Doc();
    doc.getMap('format').set('title', value);
    doc.getText('text').insert(0, value);
    return Y.encodeStateAsUpdate(doc);
  });
}

test('[CV] a text folds with what Yjs itself deleted of values that were set at the same time', async () => {
  const updates = contested();
  const { base, putBack } = await compact('p1-01jd6q0s5xn4m8rz3v7k2t9ywb', updates);
  expect(putBack).toBeUndefined();
  const [folded, whole] = [new Y.Doc(), new Y.Doc()];
  Y.applyUpdate(folded, base);
  for (const update of updates) Y.applyUpdate(whole, update);
  expect(folded.getText('text').toString()).toBe(whole.getText('text').toString());
  expect(folded.getMap('format').toJSON()).toEqual(whole.getMap('format').toJSON());
});

test('a segment of records does not', async () => {
  await expect(compact('1', contested())).rejects.toThrow('does not fold');
});

test('[DL] what was deleted of a text is not put back, whatever it looked like', async () => {
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  // The root and the kind of value in which segments of records keep their elements.
  doc.getArray('e').push([new Uint8Array([1, 2, 3])]);
  doc.getText('text').insert(0, 'secret');
  doc.getText('text').delete(0, 6);
  doc.getArray('e').delete(0, 1);
  const { base, putBack } = await compact('p1-01jd6q0s5xn4m8rz3v7k2t9ywb', updates);
  expect(Buffer.concat(updates).includes('secret')).toBe(true);
  expect(putBack).toBeUndefined();
  expect(Buffer.from(base).includes('secret')).toBe(false);
});
