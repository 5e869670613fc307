import { createHash } from 'node:crypto';
import type { StoredEnvelope } from '@mnemesh/core';
import {
  fromHex,
  type Guid,
  type Namespace,
  type RecordId,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import type { Database, Row } from '@mnemesh/sqlite';
import type { DocumentTables } from './documents.js';
import type { Quarantine } from './quarantine.js';
import { isSound, specs, TableWriter } from './tables.js';

interface EnvelopeRow extends Row {
  readonly number: number;
  readonly guid: string;
  readonly namespace: string;
  readonly version: Uint8Array;
  readonly id: string;
  readonly field: string;
  readonly agent: Uint8Array;
  readonly session: Uint8Array;
  readonly clock: number;
  readonly commit_number: number;
  readonly bytes: Uint8Array;
}

interface CommitRow extends Row {
  readonly number: number;
  readonly bytes: Uint8Array;
}

const SELECT = `SELECT e.*, d.guid, d.namespace FROM envelopes e JOIN documents d ON d.number = e.document`;

/** Verified envelopes, and the signed commits that vouch for them, each stored once. */
export class EnvelopeTables {
  readonly #database: Database;
  readonly #documents: DocumentTables;
  readonly #quarantine: Quarantine;
  readonly #envelopes: TableWriter;
  readonly #commits: TableWriter;

  constructor(database: Database, documents: DocumentTables, quarantine: Quarantine) {
    this.#database = database;
    this.#documents = documents;
    this.#quarantine = quarantine;
    this.#envelopes = new TableWriter(database, specs.envelopes);
    this.#commits = new TableWriter(database, specs.commits);
  }

  ofRecords(namespace: Namespace, ids: readonly RecordId[]): readonly StoredEnvelope[] {
    const select = this.#database.prepare(
      `${SELECT} WHERE e.id = ? AND d.namespace = ? ORDER BY e.number`,
    );
    return this.#read([...new Set(ids)].flatMap((id) => select.all<EnvelopeRow>(id, namespace)));
  }

  ofDocument(guid: Guid): readonly StoredEnvelope[] {
    const rows = this.#database
      .prepare(`${SELECT} WHERE d.guid = ? ORDER BY e.number`)
      .all<EnvelopeRow>(guid);
    const commits = this.#database
      .prepare(
        `SELECT * FROM commits WHERE number IN
         (SELECT e.commit_number FROM envelopes e JOIN documents d ON d.number = e.document WHERE d.guid = ?)`,
      )
      .all<CommitRow>(guid);
    return this.#read(rows, commits);
  }

  /** Removals first, then additions; a commit that vouches for none of the rest goes with its last envelope. */
  change(
    removed: readonly { readonly guid: Guid; readonly version: Version }[],
    added: readonly StoredEnvelope[],
  ): void {
    const released = new Set<number>();
    for (const { guid, version } of removed) this.#remove(guid, version, released);
    const numbers = new Map<Uint8Array, number>();
    for (const envelope of added) this.#put(envelope, numbers, released);
    this.#dropUnnamed(released);
  }

  /** Every envelope of one document, and the commits that vouched for nothing else. */
  removeOf(document: number): void {
    const commits = this.#database
      .prepare('SELECT DISTINCT commit_number FROM envelopes WHERE document = ?')
      .all<Pick<EnvelopeRow, 'commit_number'>>(document);
    this.#database.prepare('DELETE FROM envelopes WHERE document = ?').run(document);
    this.#dropUnnamed(commits.map((row) => row.commit_number));
  }

  /** Commits whose envelopes were moved aside as damaged. Looks at every commit. Inside a transaction. */
  dropUnnamedCommits(): void {
    this.#database.exec(
      'DELETE FROM commits WHERE number NOT IN (SELECT commit_number FROM envelopes)',
    );
  }

  #dropUnnamed(commits: Iterable<number>): void {
    const drop = this.#database.prepare(
      'DELETE FROM commits WHERE number = ?1 AND NOT EXISTS (SELECT 1 FROM envelopes WHERE commit_number = ?1)',
    );
    for (const commit of commits) drop.run(commit);
  }

  #remove(guid: Guid, version: Version, released: Set<number>): void {
    const document = this.#documents.find(guid);
    if (document === undefined) return;
    const row = this.#find(document, version);
    if (row === undefined) return;
    this.#database.prepare('DELETE FROM envelopes WHERE number = ?').run(row.number);
    released.add(row.commit_number);
  }

  #put(envelope: StoredEnvelope, numbers: Map<Uint8Array, number>, released: Set<number>): void {
    const document = this.#documents.number(envelope.guid, envelope.namespace);
    const commit = numbers.get(envelope.commit) ?? this.#commitNumber(envelope.commit);
    numbers.set(envelope.commit, commit);
    const row = {
      document,
      version: fromHex(envelope.version),
      id: envelope.id,
      field: envelope.field,
      agent: fromHex(envelope.agent),
      session: fromHex(envelope.session),
      clock: envelope.clock,
      commit_number: commit,
      bytes: envelope.envelope,
    };
    const known = this.#find(document, envelope.version);
    if (known === undefined) {
      this.#envelopes.insert(row);
      return;
    }
    this.#envelopes.update(known.number, row);
    if (known.commit_number !== commit) released.add(known.commit_number);
  }

  #find(
    document: number,
    version: Version,
  ): Pick<EnvelopeRow, 'number' | 'commit_number'> | undefined {
    return this.#database
      .prepare('SELECT number, commit_number FROM envelopes WHERE document = ? AND version = ?')
      .get<EnvelopeRow>(document, fromHex(version));
  }

  #commitNumber(bytes: Uint8Array): number {
    const digest = new Uint8Array(createHash('sha256').update(bytes).digest());
    const known = this.#database
      .prepare('SELECT number FROM commits WHERE digest = ?')
      .get<CommitRow>(digest);
    return known?.number ?? this.#commits.insert({ digest, bytes });
  }

  /** @param read commits of these envelopes that were read along with them */
  #read(rows: readonly EnvelopeRow[], read: readonly CommitRow[] = []): readonly StoredEnvelope[] {
    const commits = new Map(read.map((row) => [row.number, this.#soundBytes(row)]));
    const damaged: [EnvelopeRow, string][] = [];
    const envelopes: StoredEnvelope[] = [];
    for (const row of rows) {
      if (!commits.has(row.commit_number))
        commits.set(row.commit_number, this.#commitBytes(row.commit_number));
      const commit = commits.get(row.commit_number);
      if (!isSound(specs.envelopes, row)) damaged.push([row, 'checksum']);
      else if (commit === undefined) damaged.push([row, 'its commit is damaged']);
      else envelopes.push(stored(row, commit));
    }
    if (damaged.length > 0) {
      this.#database.transaction(() => {
        for (const [row, reason] of damaged) this.#quarantine.take(specs.envelopes, row, reason);
      });
    }
    return envelopes;
  }

  #commitBytes(number: number): Uint8Array | undefined {
    const row = this.#database
      .prepare('SELECT * FROM commits WHERE number = ?')
      .get<CommitRow>(number);
    return row === undefined ? undefined : this.#soundBytes(row);
  }

  #soundBytes(row: CommitRow): Uint8Array | undefined {
    if (isSound(specs.commits, row)) return row.bytes;
    this.#database.transaction(() => this.#quarantine.take(specs.commits, row, 'checksum'));
    return undefined;
  }
}

function stored(row: EnvelopeRow, commit: Uint8Array): StoredEnvelope {
  return {
    guid: row.guid,
    namespace: row.namespace,
    id: row.id,
    version: toHex(row.version),
    field: row.field,
    agent: toHex(row.agent),
    session: toHex(row.session),
    clock: row.clock,
    envelope: row.bytes,
    commit,
  } as StoredEnvelope;
}
