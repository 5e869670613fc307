import type { ReplicaStore, StoreBatch } from '@mnemesh/core';
import type { Guid, MeshId, Namespace, SegmentName } from '@mnemesh/protocol';
import { openStoreInPage, type TestPage } from '@mnemesh/testing-browser';
import { applyUpdate, applyUpdateV2, Doc, encodeStateAsUpdateV2 } from 'yjs';

export const guid = 'a'.padEnd(43, '-') as Guid;
export const other = 'b'.padEnd(43, '-') as Guid;
export const database = `mnemesh.documents/demo/1/${guid}`;
export const rows = 'mnemesh/demo/1';

export const openDemo = (
  page: TestPage,
  { prefix = 'mnemesh', mesh = 'demo', isLed = false } = {},
) => openStoreInPage(page, { prefix, mesh: mesh as MeshId, indexed: false, isLed });

/** Folds all that is logged of a document. @returns what it was given as `through` */
export async function fold(store: ReplicaStore, words: Words): Promise<number> {
  const through = await lastOf(store);
  await store.commit(words.snapshot(through));
  await store.commit({ prune: [{ guid, through }] });
  return through;
}

export async function lastOf(store: ReplicaStore): Promise<number> {
  return (await store.document(guid))?.log.at(-1)?.number ?? 0;
}

export const known = (one: Guid): NonNullable<StoreBatch['documents']>[number] => ({
  guid: one,
  namespace: 'shared/memory' as Namespace,
  segment: '1' as SegmentName,
});

/** A document of words, and what a replica commits of it. */
export class Words {
  readonly #doc = new Doc();
  readonly #guid: Guid;

  constructor(one = guid) {
    this.#guid = one;
  }

  /** A batch that logs one more word. */
  add(word: string): StoreBatch {
    let update = new Uint8Array();
    const take = (bytes: Uint8Array): void => {
      update = new Uint8Array(bytes);
    };
    this.#doc.once('update', take);
    const text = this.#doc.getText('text');
    text.insert(text.length, `${word} `);
    return { documents: [known(this.#guid)], updates: [{ guid: this.#guid, update }] };
  }

  snapshot(through: number): StoreBatch {
    const snapshot = encodeStateAsUpdateV2(this.#doc);
    return { snapshots: [{ guid: this.#guid, snapshot, through }] };
  }
}

/** The words that a store holds of a document. */
export async function words(store: ReplicaStore, one = guid): Promise<string> {
  const document = await store.document(one);
  const doc = new Doc();
  if (document?.snapshot !== undefined) applyUpdateV2(doc, document.snapshot);
  for (const { update } of document?.log ?? []) applyUpdate(doc, update);
  return doc.getText('text').toString();
}
