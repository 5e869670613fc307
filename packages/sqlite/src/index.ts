export type { Database, DatabaseOptions } from './database.js';
export { openDatabase, STATEMENT_CACHE } from './database.js';
export { createDirectory, flushDirectory } from './directory.js';
export type { EngineName } from './engine.js';
export { isBusy, isDamage, sqliteError } from './errors.js';
export type { Row, SqlValue } from './sql-value.js';
export type { RunResult, Statement } from './statement.js';
export type { StoreLock } from './store-lock.js';
export { lockStore } from './store-lock.js';
