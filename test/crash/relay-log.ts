import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { decodeElement, decodeEnvelope, type Envelope, type RecordId } from '@mnemesh/protocol';
import { openDatabase } from '@mnemesh/sqlite';
import { applyUpdate, Doc } from 'yjs';
import { temporaryDirectory } from '../integration/place.js';
import { type Holding, turnOf } from './claims.js';

export interface RelayLog {
  readonly integrity: unknown;
  /** Documents that compaction has folded at least once. */
  readonly folded: number;
  readonly holding: Holding;
}

/**
 * Reads what a killed relay left on its disk, with SQL and Yjs alone. It works on a copy: recovering
 * the original is the relay's own task.
 */
export async function readRelayLog(directory: string): Promise<RelayLog> {
  const copy = await temporaryDirectory();
  for (const file of ['relay.db', 'relay.db-wal']) {
    if (existsSync(join(directory, file))) cpSync(join(directory, file), join(copy, file));
  }
  const database = openDatabase(join(copy, 'relay.db'));
  try {
    const integrity = database.pragma('integrity_check');
    const bases = database.prepare('SELECT count(*) AS n FROM bases').get<{ n: number }>();
    const envelopes: Envelope[] = [];
    for (const { id } of database.prepare('SELECT id FROM documents').all<{ id: number }>()) {
      const parts = [
        'SELECT body FROM bases WHERE document = ?',
        'SELECT body FROM updates WHERE document = ? ORDER BY number',
      ].flatMap((sql) => database.prepare(sql).all<{ body: Uint8Array }>(id));
      envelopes.push(...envelopesIn(parts.map(({ body }) => body)));
    }
    return { integrity, folded: bases?.n ?? 0, holding: holdingOf(envelopes) };
  } finally {
    database.close();
  }
}

function envelopesIn(updates: readonly Uint8Array[]): readonly Envelope[] {
  const doc = new Doc();
  for (const update of updates) applyUpdate(doc, update);
  const elements = doc.getArray('e').toArray() as Uint8Array[];
  return elements.flatMap((bytes) => {
    const { envelope } = decodeElement(bytes);
    return envelope === undefined ? [] : [decodeEnvelope(envelope)];
  });
}

function holdingOf(envelopes: readonly Envelope[]): Holding {
  const contents = new Map<RecordId, string>();
  const titles = new Map<RecordId, string>();
  const forgotten = new Set<RecordId>();
  for (const { id, field, data } of envelopes) {
    if (field === '~') {
      forgotten.add(id);
      continue;
    }
    const value = JSON.parse(Buffer.from(data).toString()) as unknown;
    if (field === 'title') titles.set(id, laterTitle(titles.get(id), value as string));
    if (field !== '') continue;
    const { values } = value as { values: { content?: string; title?: string } };
    if (values.content !== undefined) contents.set(id, values.content);
    if (values.title !== undefined) titles.set(id, laterTitle(titles.get(id), values.title));
  }
  return {
    content: (id) => (forgotten.has(id) ? undefined : contents.get(id)),
    title: (id) => titles.get(id),
  };
}

function laterTitle(held: string | undefined, title: string): string {
  return held === undefined || turnOf(title) > turnOf(held) ? title : held;
}
