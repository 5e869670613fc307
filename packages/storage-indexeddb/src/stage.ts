import type { StoreBatch, StoredRecord } from '@mnemesh/core';
import { type Guid, MnemeshError } from '@mnemesh/protocol';
import { Changes } from './changes.js';
import { beginningWith } from './connection.js';
import { type AwaitedRow, type Content, loggedUpTo } from './content.js';
import { EnvelopeStage } from './envelope-stage.js';
import { badInput } from './errors.js';
import type { Found, RecordKey } from './found.js';
import {
  apartRow,
  type BytesRow,
  bytesRow,
  type DocumentRow,
  recordRow,
  type UpdateKey,
} from './rows.js';
import { StagedBytes } from './staged-bytes.js';
import { textNumber } from './text-number.js';

/** A record as a commit left it; undefined when it is gone. */
export type RecordChange = readonly [key: RecordKey, record: StoredRecord | undefined];

/** A group of batches on its way to the database: what it writes, and what the store holds in memory once that is done. */
export class Stage {
  readonly changes = new Changes();
  /** Where bytes lie apart from their rows; undefined where they lie in them. */
  readonly bytes: StagedBytes | undefined;
  readonly records: RecordChange[] = [];
  readonly #found: Found;
  readonly #envelopes: EnvelopeStage;
  readonly #documents: Map<Guid, DocumentRow>;
  readonly #changed = new Set<Guid>();
  #awaited: ReadonlyMap<Guid, AwaitedRow>;
  #damage: ReadonlyMap<Guid, number>;
  #content: Content;

  constructor(content: Content, found: Found) {
    this.#content = content;
    this.#found = found;
    this.bytes = content.place === undefined ? undefined : new StagedBytes();
    this.#envelopes = new EnvelopeStage(this.changes, found);
    this.#documents = new Map(content.documents);
    this.#awaited = content.awaited;
    this.#damage = content.damage;
  }

  /** Adds a batch. @throws MnemeshError `not_found`, `bad_input`; it has then changed nothing */
  add(batch: StoreBatch): void {
    this.#check(batch);
    this.#addDocuments(batch);
    for (const guid of batch.removeDocuments ?? []) this.#removeDocument(guid);
    this.#envelopes.add(batch);
    this.#addRecords(batch);
    this.#addSync(batch);
    this.#addMarks(batch);
  }

  /** Logged updates that something else says as well by now. */
  dropUpdates(guid: Guid, keys: readonly UpdateKey[]): void {
    for (const key of keys) this.changes.delete('updates', [...key]);
    const row = this.#document(guid);
    const beyond = keys.filter(([, number]) => number > row.through);
    this.#put({
      ...row,
      logBytes: beyond.reduce((left, [, , size]) => left - size, row.logBytes),
      updates: row.updates - beyond.length,
    });
  }

  /** Ends the group. @returns what the store holds once it is written */
  finish(): Content {
    this.#envelopes.finish();
    for (const guid of this.#changed) {
      const row = this.#documents.get(guid);
      if (row !== undefined) this.changes.put('documents', row);
    }
    return {
      ...this.#content,
      documents: this.#documents,
      awaited: this.#awaited,
      damage: this.#damage,
    };
  }

  #check({ documents = [], updates = [], snapshots = [], prune = [] }: StoreBatch): void {
    const named = new Set(documents.map(({ guid }) => guid));
    for (const { guid } of [...updates, ...snapshots]) {
      if (this.#documents.has(guid) || named.has(guid)) continue;
      throw new MnemeshError('not_found', `This store knows no document ${guid}.`);
    }
    const given = updates.length === 0 ? this.#content.last : this.#highest() + updates.length;
    const covered = new Map<Guid, number>();
    const coverOf = (guid: Guid): number =>
      covered.get(guid) ?? this.#documents.get(guid)?.through ?? 0;
    for (const { guid, through } of snapshots) {
      if (through < coverOf(guid) || through > given)
        throw badInput(`A snapshot of ${guid} cannot cover up to ${through}.`);
      covered.set(guid, through);
    }
    for (const { guid, through } of prune) {
      if (through > coverOf(guid))
        throw badInput(`The snapshot of ${guid} does not cover its updates up to ${through}.`);
    }
  }

  #addDocuments({ documents = [], updates = [], snapshots = [], prune = [] }: StoreBatch): void {
    for (const { guid, namespace, segment } of documents) {
      if (!this.#documents.has(guid)) this.#put({ ...EMPTY, guid, namespace, segment });
    }
    const logged: (readonly [Guid, number, number])[] = [];
    for (const { guid, update } of updates) {
      const number = this.#nextNumber();
      const key = [guid, number, update.length] as const;
      this.changes.put('updates', this.#bytesRow(update), [...key]);
      logged.push(key);
      const row = this.#document(guid);
      this.bytes?.update(guid, row.last, { number, bytes: update });
      this.#put({
        ...row,
        logBytes: row.logBytes + update.length,
        updates: row.updates + 1,
        last: number,
      });
    }
    for (const { guid, snapshot, through } of snapshots) {
      const numbered = this.#addSnapshot(guid, snapshot);
      const ours = logged.filter(([owner]) => owner === guid);
      const beyond = [...(this.#found.logs.get(guid) ?? []), ...ours].filter(
        ([, number]) => number > through,
      );
      this.#put({
        ...this.#document(guid),
        ...numbered,
        through,
        snapshotBytes: snapshot.length,
        logBytes: beyond.reduce((sum, [, , size]) => sum + size, 0),
        updates: beyond.length,
      });
    }
    for (const { guid, through } of prune) {
      this.changes.delete('updates', loggedUpTo(guid, through));
      this.bytes?.drop({ guid, through, numbers: [] });
    }
  }

  /** @returns what the document's row is to say of it */
  #addSnapshot(guid: Guid, snapshot: Uint8Array): Partial<DocumentRow> {
    if (this.bytes === undefined) {
      this.changes.put('snapshots', { guid, ...bytesRow(snapshot) });
      return {};
    }
    const { last, snapshotNumber } = this.#document(guid);
    const number = this.#nextNumber();
    this.changes.put('snapshots', { guid, number, ...this.#bytesRow(snapshot) });
    this.bytes.snapshot(guid, last, { number, bytes: snapshot });
    const numbers = snapshotNumber === undefined ? [] : [snapshotNumber];
    this.bytes.drop({ guid, through: 0, numbers, snapshot: number });
    return { snapshotNumber: number, last: number };
  }

  /** No number up to this one is given any more. */
  #highest(): number {
    return Math.max(this.#content.last, this.#content.from);
  }

  #nextNumber(): number {
    const last = this.#highest() + 1;
    this.#content = { ...this.#content, last };
    return last;
  }

  #bytesRow(bytes: Uint8Array): BytesRow {
    return this.bytes === undefined ? bytesRow(bytes) : apartRow(bytes);
  }

  #removeDocument(guid: Guid): void {
    const { records = [], references = [], aside = [] } = this.#found.removed.get(guid) ?? {};
    for (const name of ['updates', 'envelopes', 'commits'] as const)
      this.changes.delete(name, beginningWith(guid));
    for (const name of ['documents', 'snapshots', 'known', 'awaited', 'damage'] as const)
      this.changes.delete(name, guid);
    for (const key of records) this.#removeRecord(key);
    for (const key of references) this.changes.delete('references', [...key]);
    for (const key of aside) this.changes.delete('quarantine', key);
    this.#envelopes.removeDocument(guid);
    this.bytes?.drop({ guid, all: true });
    // Its numbers go with it, and are not to be given again.
    this.changes.put('meta', this.#content.last, 'numbers');
    this.#documents.delete(guid);
    this.#changed.delete(guid);
    this.#awaited = without(this.#awaited, [guid]);
    this.#damage = without(this.#damage, [guid]);
  }

  #addRecords(batch: StoreBatch): void {
    for (const { namespace, id } of batch.removeRecords ?? []) {
      this.changes.delete('references', [namespace, id]);
      this.#removeRecord([namespace, id]);
    }
    for (const record of batch.records ?? []) {
      const { namespace, id } = record;
      this.changes.put('records', recordRow(record));
      this.changes.delete('references', [namespace, id]);
      this.#dropStaleVectors(record);
      this.records.push([[namespace, id], record]);
    }
    for (const { guid, namespace, id, references } of batch.references ?? []) {
      const targets = references.map(({ kind, target }) => [kind, target, namespace] as const);
      if (targets.length > 0) this.changes.put('references', { guid, namespace, id, targets });
      else this.changes.delete('references', [namespace, id]);
    }
    for (const { namespace, rules } of batch.projected ?? [])
      this.changes.put('projections', rules, namespace);
  }

  #removeRecord([namespace, id]: RecordKey): void {
    this.changes.delete('records', [namespace, id]);
    for (const embedder of this.#content.embedders)
      this.changes.delete('vectors', [embedder, namespace, id]);
    this.records.push([[namespace, id], undefined]);
  }

  #dropStaleVectors(record: StoredRecord): void {
    for (const { embedder, namespace, id, text } of this.#found.vectors) {
      const isOf = namespace === record.namespace && id === record.id;
      if (isOf && text !== textNumber(record.text))
        this.changes.delete('vectors', [embedder, namespace, id]);
    }
  }

  #addSync(batch: StoreBatch): void {
    if (batch.resetSync === true) this.#resetSync();
    if (batch.replica !== undefined) {
      const opened = { ...this.#content.opened, replica: batch.replica };
      this.#content = { ...this.#content, opened };
      this.changes.put('meta', opened, 'identity');
    }
    if (batch.cursor !== undefined) this.changes.put('meta', batch.cursor, 'cursor');
    for (const { guid, state } of batch.known ?? [])
      this.changes.put('known', bytesRow(state), guid);
    for (const guid of batch.noLongerAwaited ?? []) this.changes.delete('awaited', guid);
    this.#awaited = without(this.#awaited, batch.noLongerAwaited ?? []);
    if (batch.awaited === undefined) return;
    const awaited = new Map(this.#awaited);
    for (const document of batch.awaited) {
      const number =
        awaited.get(document.guid)?.number ?? ([...awaited.values()].at(-1)?.number ?? 0) + 1;
      const row = { ...document, number };
      awaited.set(document.guid, row);
      this.changes.put('awaited', row);
    }
    this.#awaited = awaited;
  }

  #resetSync(): void {
    this.changes.delete('meta', 'cursor');
    this.changes.clear('known');
    this.changes.clear('awaited');
    this.#awaited = new Map();
    for (const row of this.#documents.values()) this.#put({ ...row, unacked: true });
  }

  #addMarks(batch: StoreBatch): void {
    for (const mark of ['unacked', 'lacking', 'unscrubbed'] as const) {
      for (const one of batch[mark] ?? []) {
        const row = this.#documents.get(one.guid);
        const value = (one as { readonly [name in typeof mark]?: boolean })[mark] === true;
        if (row !== undefined) this.#put({ ...row, [mark]: value });
      }
    }
    for (const guid of batch.repaired ?? []) this.changes.delete('damage', guid);
    this.#damage = without(this.#damage, batch.repaired ?? []);
  }

  #document(guid: Guid): DocumentRow {
    return this.#documents.get(guid) as DocumentRow;
  }

  #put(row: DocumentRow): void {
    this.#documents.set(row.guid, row);
    this.#changed.add(row.guid);
  }
}

const EMPTY = {
  unacked: false,
  lacking: false,
  unscrubbed: false,
  through: 0,
  snapshotBytes: 0,
  logBytes: 0,
  updates: 0,
  last: 0,
} as const;

function without<V>(map: ReadonlyMap<Guid, V>, guids: readonly Guid[]): ReadonlyMap<Guid, V> {
  if (!guids.some((guid) => map.has(guid))) return map;
  const rest = new Map(map);
  for (const guid of guids) rest.delete(guid);
  return rest;
}
