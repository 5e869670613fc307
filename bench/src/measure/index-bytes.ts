import { openDatabase } from '@mnemesh/sqlite';

/** What the rows of a store's search index take. Records after the last full block of 1,024 are not in it. */
export function indexBytes(path: string): number {
  const database = openDatabase(path, { readOnly: true });
  try {
    const row = database
      .prepare(
        `SELECT (SELECT COALESCE(SUM(LENGTH(bytes) + LENGTH(term) + 12), 0) FROM search_postings)
              + (SELECT COALESCE(SUM(LENGTH(bytes) + 12), 0) FROM search_slots) AS bytes`,
      )
      .get<{ bytes: number }>();
    return row?.bytes ?? 0;
  } finally {
    database.close();
  }
}
