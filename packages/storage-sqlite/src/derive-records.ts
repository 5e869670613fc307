import { derivedOfView } from '@mnemesh/core';
import type { Database, Row } from '@mnemesh/sqlite';
import { isSound, specs, type TableSpec, TableWriter } from './tables.js';

/** Columns that format 3 knew of a record. */
const FORMAT_3: TableSpec = {
  ...specs.records,
  columns: specs.records.columns.filter((name) => name !== 'thread' && name !== 'position'),
};

/** Rows read together: a record's view may take a megabyte. */
const TOGETHER = 200;

/**
 * Gives every record of format 3 what format 4 keeps beside its view. A row that does not hold what
 * was written into it is left as it is: whoever reads it finds that out.
 */
export function deriveRecords(database: Database): void {
  const writer = new TableWriter(database, specs.records);
  const select = database.prepare('SELECT * FROM records WHERE number > ? ORDER BY number LIMIT ?');
  for (let last = -1; ; ) {
    const rows = select.all<Row & { readonly number: number }>(last, TOGETHER);
    for (const row of rows) {
      last = row.number;
      if (!isSound(FORMAT_3, row)) continue;
      const derived = derivedOfView(row as unknown as Parameters<typeof derivedOfView>[0]);
      const { thread = null, position = null, text } = derived;
      writer.update(row.number, { ...row, thread, position, text });
    }
    if (rows.length < TOGETHER) return;
  }
}
