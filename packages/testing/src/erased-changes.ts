import type { StoreBatch } from '@mnemesh/core';
import type { MeshLogChange, MeshLogTables } from './mesh-log-tables.js';
import type { ReplicaChange, ReplicaTables } from './replica-tables.js';

const nothing = new Uint8Array(0);

/** The same journal without the bytes that later changes removed or replaced. It adds up to the same tables. */
export function withoutRemoved(
  changes: readonly ReplicaChange[],
  tables: ReplicaTables,
): readonly ReplicaChange[] {
  let number = 0;
  const isHeld = (guid: Parameters<ReplicaTables['holdsUpdate']>[0]): boolean =>
    tables.holdsUpdate(guid, ++number);
  return changes.map((change) =>
    change.kind === 'batch' ? { ...change, batch: erased(change.batch, tables, isHeld) } : change,
  );
}

function erased(
  batch: StoreBatch,
  tables: ReplicaTables,
  isHeld: (guid: Parameters<ReplicaTables['holdsUpdate']>[0]) => boolean,
): StoreBatch {
  const { updates, snapshots, envelopes, records } = batch;
  return {
    ...batch,
    ...(updates && {
      updates: updates.map((row) => (isHeld(row.guid) ? row : { ...row, update: nothing })),
    }),
    ...(snapshots && {
      snapshots: snapshots.map((row) =>
        tables.document(row.guid)?.snapshotThrough === row.through
          ? row
          : { ...row, snapshot: nothing },
      ),
    }),
    ...(envelopes && {
      envelopes: envelopes.filter(({ guid, version }) => tables.holdsEnvelope(guid, version)),
    }),
    ...(records && {
      records: records.filter(
        ({ namespace, id, view }) => tables.record(namespace, id)?.view === view,
      ),
    }),
  };
}

/** Likewise for a relay's log. */
export function withoutDropped(
  changes: readonly MeshLogChange[],
  tables: MeshLogTables,
): readonly MeshLogChange[] {
  return changes.map((change) => {
    if (change.kind === 'base') {
      const isCurrent = tables.read(change.guid, 0)?.base?.through === change.base.through;
      return isCurrent ? change : { ...change, base: { ...change.base, update: nothing } };
    }
    if (change.kind !== 'append') return change;
    const updates = change.group.updates.map((row, i) =>
      tables.storedRows(row.guid).includes(change.first + i) ? row : { ...row, update: nothing },
    );
    return { ...change, group: { ...change.group, updates } };
  });
}
