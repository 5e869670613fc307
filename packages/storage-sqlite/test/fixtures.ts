import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReplicaStore, StoreBatch, StoredEnvelope, StoredRecord } from '@mnemesh/core';
import {
  type Guid,
  type MeshId,
  type Namespace,
  type RecordId,
  type Runtime,
  type SegmentName,
  segmentGuid,
} from '@mnemesh/protocol';
import { type Database, openDatabase } from '@mnemesh/sqlite';
import { plainAnalyzer } from '@mnemesh/testing';
import { afterEach, beforeEach } from 'vitest';
import { openSqliteStore, type SqliteStoreOptions } from '../src/index.js';

export const mesh = 'demo' as MeshId;
export const namespace = 'shared/memory' as Namespace;
export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value);

/** A disk in memory where there is one: these tests ask what is written, not how long a flush takes. */
const scratch = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export function temporaryDirectory(): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(scratch, 'mnemesh-store-'));
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** The parts of a runtime that a store uses. */
export function testRuntime(log: Runtime['log'] = () => undefined): Runtime {
  return {
    now: () => 0,
    randomBytes: (count) => new Uint8Array(randomBytes(count)),
    // Nothing that a store promises waits for a timer.
    after: () => () => undefined,
    log,
  };
}

/** A fresh directory for each test of a file, whose stores and connections are closed after it. */
export class Place {
  directory = '';
  readonly logged: string[] = [];
  readonly #opened: { close(): unknown }[] = [];
  #remove = (): void => undefined;

  constructor() {
    beforeEach(() => {
      const { directory, remove } = temporaryDirectory();
      this.directory = directory;
      this.#remove = remove;
      this.logged.length = 0;
    });
    afterEach(async () => {
      for (const one of this.#opened.splice(0)) await one.close();
      this.#remove();
    });
  }

  get file(): string {
    return join(this.directory, mesh, 'replica.db');
  }

  async open(options: Partial<SqliteStoreOptions> = {}): Promise<ReplicaStore> {
    const runtime = testRuntime((_level, message) => this.logged.push(message));
    const open = openSqliteStore({ directory: this.directory, runtime, ...options });
    const store = await open(mesh, plainAnalyzer);
    this.#opened.push(store);
    return store;
  }

  /** A store in which the batches were committed, closed again. */
  async filled(...batches: readonly StoreBatch[]): Promise<void> {
    const store = await this.open();
    await Promise.all(batches.map((batch) => store.commit(batch)));
    await store.close();
  }

  /** Another connection to the store's file. */
  connect(file = this.file): Database {
    const database = openDatabase(file);
    this.#opened.push(database);
    return database;
  }
}

export function guidOf(segment: string): Guid {
  return segmentGuid(mesh, namespace, segment as SegmentName);
}

/** A segment with two updates, one record, its envelope and its commit. */
export function segmentBatch(segment: string): StoreBatch {
  const guid = guidOf(segment);
  return {
    documents: [{ guid, namespace, segment: segment as SegmentName }],
    updates: [
      { guid, update: bytes(`first update of ${segment}`) },
      { guid, update: bytes(`second update of ${segment}`) },
    ],
    envelopes: [envelopeOf(segment)],
    records: [recordOf(segment)],
  };
}

export function envelopeOf(segment: string): StoredEnvelope {
  return {
    guid: guidOf(segment),
    namespace,
    id: `${segment}.A` as RecordId,
    version: segment.padStart(64, '0') as StoredEnvelope['version'],
    field: '',
    agent: 'ce'.repeat(32) as StoredEnvelope['agent'],
    session: '5e'.repeat(8) as StoredEnvelope['session'],
    clock: 1,
    envelope: bytes(`envelope of ${segment}`),
    commit: bytes(`commit of ${segment}`),
  };
}

export function recordOf(segment: string): StoredRecord {
  return {
    namespace,
    id: `${segment}.A` as RecordId,
    guid: guidOf(segment),
    collection: 'memory',
    created: Number(segment),
    updated: Number(segment),
    archived: false,
    conflicted: false,
    state: 'fact',
    ref: `ref-${segment}`,
    thread: undefined,
    position: undefined,
    text: `text of ${segment}`,
    view: `{"of":"${segment}"}`,
  };
}
