import type { Row, SqlValue } from './sql-value.js';

/*
 * SQLite ends a text at its first U+0000 in most of its functions, and the prebuilt engine even when it
 * stores one. So no zero reaches it: U+FFFF, which is no character, stands before what replaces it.
 */
const MARK = '\uffff';

export function escapeZeros(values: readonly SqlValue[]): readonly SqlValue[] {
  return values.some(needsEscape) ? values.map(escapeZero) : values;
}

function needsEscape(value: SqlValue): boolean {
  return typeof value === 'string' && (value.includes('\0') || value.includes(MARK));
}

function escapeZero(value: SqlValue): SqlValue {
  if (typeof value !== 'string') return value;
  return value.replaceAll(MARK, `${MARK}1`).replaceAll('\0', `${MARK}0`);
}

/** Changes the row it is given, which nobody else has seen yet. */
export function restoreZeros(row: Row): Row {
  for (const column in row) {
    const value = row[column];
    if (typeof value !== 'string' || !value.includes(MARK)) continue;
    (row as Record<string, SqlValue>)[column] = value
      .replaceAll(`${MARK}0`, '\0')
      .replaceAll(`${MARK}1`, MARK);
  }
  return row;
}
