import type { StoreBatch } from '@mnemesh/core';
import type { Guid, MeshId, Namespace, SegmentName } from '@mnemesh/protocol';
import { openStoreInPage, type TestPage } from '@mnemesh/testing-browser';

export const guid = 'a'.padEnd(43, '-') as Guid;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A batch that makes the document known and logs one update of it. */
export function update(text: string): StoreBatch {
  const document = { guid, namespace: 'shared/memory' as Namespace, segment: '1' as SegmentName };
  return { documents: [document], updates: [{ guid, update: bytes(text) }] };
}

export const database = 'mnemesh/demo/1';

export function openDemo(page: TestPage) {
  return openStoreInPage(page, { prefix: 'mnemesh', mesh: 'demo' as MeshId, indexed: false });
}

/** As a page that leads: no lock keeps it out, and whoever had the store open before writes no more. */
export function takeDemo(page: TestPage) {
  return openStoreInPage(page, {
    prefix: 'mnemesh',
    mesh: 'demo' as MeshId,
    indexed: false,
    isLed: true,
  });
}

/** The updates of the document, as texts. */
export async function logged(store: Awaited<ReturnType<typeof openDemo>>): Promise<string[]> {
  const log = (await store.document(guid))?.log ?? [];
  return log.map(({ update }) => new TextDecoder().decode(update));
}
