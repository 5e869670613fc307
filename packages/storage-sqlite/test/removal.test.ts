import type { StoreBatch } from '@mnemesh/core';
import type { RecordId, SegmentName, Version } from '@mnemesh/protocol';
import { openDatabase } from '@mnemesh/sqlite';
import { describe, expect, it } from 'vitest';
import { bytes, envelopeOf, guidOf, namespace, Place, recordOf, segmentBatch } from './fixtures.js';

const place = new Place();

function count(sql: string): number {
  const database = place.connect();
  const found = database.prepare(`SELECT count(*) AS n FROM ${sql}`).get<{ n: number }>()?.n;
  database.close();
  return found as number;
}

const referring = (segment: string): StoreBatch => ({
  references: [
    {
      guid: guidOf(segment),
      namespace,
      id: recordOf(segment).id,
      references: [{ kind: 'topic', target: 'harbour' }],
    },
  ],
});

describe('removing a document', () => {
  it('[BD] looks at its own records, references and commits alone, however many the others have', async () => {
    const statements = new Set<string>();
    const store = await place.open({
      open: (path) => openDatabase(path, { beforeStatement: (sql) => statements.add(sql) }),
    });
    for (const segment of ['1', '2', '12'])
      await store.commit({ ...segmentBatch(segment), ...referring(segment) });
    statements.clear();
    await store.commit({ removeDocuments: [guidOf('1')] });

    const database = place.connect();
    const plans = [...statements]
      .filter((sql) => /^(SELECT|DELETE|UPDATE|INSERT)/.test(sql))
      .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all<{ detail: string }>());
    const scanned = plans.map(({ detail }) => detail).filter((detail) => detail.startsWith('SCAN'));
    expect(plans.length).toBeGreaterThan(10);
    expect(scanned.join()).not.toMatch(/\b(records|record_references|commits|envelopes|updates)\b/);
    expect((await store.query({ limit: 9 })).map(({ id }) => id)).toEqual(['12.A', '2.A']);
    expect(count('record_references')).toBe(2);
    expect(count('commits')).toBe(2);
  });

  it('[DL] leaves no record that is stored with it, also where its id begins with another segment', async () => {
    const store = await place.open();
    const prose = 'p1-01jd6q0s5xn4m8rz3v7k2t9ywb' as SegmentName;
    const mark = { ...recordOf('1'), id: `${prose}.behind` as RecordId, ref: undefined };
    await store.commit(segmentBatch('2'));
    await store.commit(segmentBatch('1'));
    await store.commit({ documents: [{ guid: guidOf(prose), namespace, segment: prose }] });
    const text = { ...recordOf('1'), id: `${prose}.text` as RecordId, guid: guidOf(prose) };
    await store.commit({ records: [mark, { ...text, ref: undefined }] });
    await store.commit({ removeDocuments: [guidOf('1')] });
    expect(count('records')).toBe(2);
    expect((await store.query({ limit: 9 })).map(({ id }) => id)).toEqual(['2.A', text.id]);
    await store.commit({ removeDocuments: [guidOf(prose)] });
    expect(count('records')).toBe(1);
  });

  it('[DL] leaves no record of one that was never made known', async () => {
    const store = await place.open();
    await store.commit({ records: [recordOf('1'), recordOf('2')], ...referring('1') });
    await store.commit({ removeDocuments: [guidOf('1')] });
    expect([count('records'), count('record_references')]).toEqual([1, 0]);
  });

  it('keeps a commit that vouches for another document too, until that one is removed', async () => {
    const store = await place.open();
    const commit = bytes('one commit for both');
    const envelope = (segment: string, version = envelopeOf(segment).version) => ({
      ...envelopeOf(segment),
      version,
      commit,
    });
    await store.commit({
      ...segmentBatch('1'),
      envelopes: [envelope('1'), envelope('1', 'a'.repeat(64) as Version)],
    });
    await store.commit({ ...segmentBatch('2'), envelopes: [envelope('2')] });
    expect(count('commits')).toBe(1);
    await store.commit({ removeDocuments: [guidOf('1')] });
    expect(await store.envelopesOf(guidOf('2'))).toEqual([envelope('2')]);
    await store.commit({ removeDocuments: [guidOf('2')] });
    expect(count('commits')).toBe(0);
  });

  it('[DL] leaves no commit of envelopes that were damaged, once what was removed is erased', async () => {
    await place.filled(segmentBatch('1'), segmentBatch('2'));
    const database = place.connect();
    database.exec("UPDATE envelopes SET field = 'other' WHERE document = 1");
    database.close();
    const store = await place.open();
    expect(store.damaged).toHaveLength(1);
    await store.commit({ removeDocuments: [guidOf('1')] });
    await store.erase([guidOf('1')]);
    expect(count('commits')).toBe(1);
  });
});
