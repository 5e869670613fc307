import type { StoreBatch } from '@mnemesh/core';
import type { Guid } from '@mnemesh/protocol';
import type { DocumentTables, PackedSnapshot } from './documents.js';
import type { EnvelopeTables } from './envelopes.js';
import type { Identity } from './identity.js';
import type { Quarantine } from './quarantine.js';
import type { RecordTable } from './records.js';
import type { ReferenceTables } from './references.js';
import type { SearchIndex } from './search/search-index.js';
import type { SyncTables } from './sync-state.js';

export interface StoreTables {
  readonly documents: DocumentTables;
  readonly envelopes: EnvelopeTables;
  readonly records: RecordTable;
  readonly references: ReferenceTables;
  readonly search: SearchIndex;
  readonly sync: SyncTables;
  readonly identity: Identity;
  readonly quarantine: Quarantine;
}

/** Applies one batch, part by part in the order the port promises. Runs inside a transaction. */
export function applyBatch(
  tables: StoreTables,
  batch: StoreBatch,
  snapshots: readonly PackedSnapshot[],
): void {
  applyDocuments(tables, batch, snapshots);
  for (const guid of batch.removeDocuments ?? []) removeDocument(tables, guid);
  const { removeEnvelopes = [], envelopes = [], removeRecords = [], records = [] } = batch;
  if (removeEnvelopes.length + envelopes.length > 0)
    tables.envelopes.change(removeEnvelopes, envelopes);
  for (const { namespace, id } of removeRecords) tables.records.remove(namespace, id);
  for (const record of records) tables.records.put(record);
  for (const references of batch.references ?? []) tables.references.put(references);
  for (const { namespace, rules } of batch.projected ?? [])
    tables.references.noteProjection(namespace, rules);
  applySync(tables, batch);
  for (const guid of batch.repaired ?? []) tables.quarantine.markRepaired(guid);
}

function applyDocuments(
  { documents }: StoreTables,
  batch: StoreBatch,
  snapshots: readonly PackedSnapshot[],
): void {
  for (const { guid, namespace, segment } of batch.documents ?? [])
    documents.makeKnown(guid, namespace, segment);
  for (const { guid, update } of batch.updates ?? []) documents.append(guid, update);
  for (const snapshot of snapshots) documents.replaceSnapshot(snapshot);
  for (const { guid, through } of batch.prune ?? []) documents.prune(guid, through);
}

/** Records before what they were made from: the search index is told of each. */
function removeDocument(
  { documents, envelopes, records, sync, quarantine }: StoreTables,
  guid: Guid,
): void {
  const number = documents.find(guid);
  if (number === undefined) return;
  records.removeOf(number);
  envelopes.removeOf(number);
  quarantine.drop([guid]);
  quarantine.markRepaired(guid);
  sync.forget(guid);
  documents.remove(number);
}

function applySync({ documents, sync, identity }: StoreTables, batch: StoreBatch): void {
  if (batch.resetSync === true) sync.reset();
  if (batch.replica !== undefined) identity.writeReplica(batch.replica);
  if (batch.cursor !== undefined) sync.moveCursor(batch.cursor);
  for (const { guid, unacked } of batch.unacked ?? []) documents.mark('unacked', guid, unacked);
  for (const { guid, lacking } of batch.lacking ?? []) documents.mark('lacking', guid, lacking);
  for (const { guid, unscrubbed } of batch.unscrubbed ?? [])
    documents.mark('unscrubbed', guid, unscrubbed);
  for (const { guid, state } of batch.known ?? []) sync.setKnown(guid, state);
  for (const guid of batch.noLongerAwaited ?? []) sync.dropAwaited(guid);
  for (const awaited of batch.awaited ?? []) sync.await(awaited);
}
