import { createRequire } from 'node:module';
import { MnemeshError } from '@mnemesh/protocol';

/** What this package uses of the `node:sqlite` API; the prebuilt package offers the same. */
export interface NativeDatabase {
  exec(sql: string): void;
  prepare(sql: string): NativeStatement;
  close(): void;
}

export interface NativeStatement {
  run(...values: unknown[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
  get(...values: unknown[]): unknown;
  all(...values: unknown[]): unknown[];
  iterate(...values: unknown[]): IterableIterator<unknown>;
}

interface NativeModule {
  readonly DatabaseSync: new (
    path: string,
    options: { readonly readOnly?: boolean },
  ) => NativeDatabase;
}

/** Which SQLite runs: the one built into Node, or the prebuilt package where Node has none. */
export type EngineName = 'node:sqlite' | '@photostructure/sqlite';

export interface Engine {
  readonly name: EngineName;
  /**
   * True when closing a connection ends its prepared statements. The prebuilt engine leaves them, and with them the
   * connection and its write-ahead log, to the garbage collector, which then deletes that log by its path.
   */
  readonly closesStatements: boolean;
  open(path: string, readOnly: boolean): NativeDatabase;
}

let loaded: Engine | undefined;

/** @throws MnemeshError `store_failed` on a platform for which neither exists */
export function engine(): Engine {
  loaded ??= load();
  return loaded;
}

function load(): Engine {
  const builtIn = withoutExperimentalWarning(() => process.getBuiltinModule?.('node:sqlite')) as
    | NativeModule
    | undefined;
  if (builtIn !== undefined) return wrap('node:sqlite', builtIn);
  return wrap('@photostructure/sqlite', loadPrebuilt());
}

function loadPrebuilt(): NativeModule {
  try {
    return createRequire(import.meta.url)('@photostructure/sqlite') as NativeModule;
  } catch (cause) {
    throw new MnemeshError(
      'store_failed',
      `No SQLite for ${process.platform}-${process.arch} on Node ${process.version}. Use Node 22.13 or later, which has its own.`,
      { cause },
    );
  }
}

function wrap(name: EngineName, native: NativeModule): Engine {
  return {
    name,
    closesStatements: name === 'node:sqlite',
    open: (path, readOnly) => new native.DatabaseSync(path, { readOnly }),
  };
}

/** Node 22 warns once, on load, that node:sqlite is experimental. People who run an agent can do nothing about it. */
function withoutExperimentalWarning<T>(run: () => T): T {
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const text = typeof warning === 'string' ? warning : warning.message;
    if (text.startsWith('SQLite is an experimental feature')) return;
    Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return run();
  } finally {
    process.emitWarning = emit;
  }
}
