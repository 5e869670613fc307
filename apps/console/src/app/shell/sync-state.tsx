import type { MeshStatus } from '@mnemesh/core';
import { useMesh, useStatus } from '@mnemesh/react';
import { type ReactNode, useReducer } from 'react';

export type Standing = 'synced' | 'behind' | 'alone' | 'offline' | 'broken';

/** In a word, how this replica stands with the others. */
export function standingOf(status: MeshStatus): Standing {
  if (status.storeError !== undefined) return 'broken';
  if (status.offline) return 'offline';
  if (!status.transports.some(({ links }) => links > 0)) return 'alone';
  return status.synced ? 'synced' : 'behind';
}

const words: Readonly<Record<Standing, string>> = {
  synced: 'Synced',
  behind: 'Syncing',
  alone: 'No link',
  offline: 'Offline',
  broken: 'Not saving',
};

/** Segments that wait for a relay to have them; undefined where none is set, and nobody acks. */
export function unackedBy({ transports, unacked }: MeshStatus): number | undefined {
  return transports.some(({ kind }) => kind === 'relay') ? unacked : undefined;
}

function detailOf(status: MeshStatus): string {
  const { unsaved, awaited, storeError } = status;
  const unacked = unackedBy(status) ?? 0;
  // The notice above the view says why.
  if (storeError !== undefined) return 'What is written is refused';
  if (unsaved > 0) return `${unsaved} not saved yet`;
  if (unacked > 0) return `${unacked} ${unacked === 1 ? 'segment waits' : 'segments wait'}`;
  if (awaited > 0) return `${awaited} to fetch`;
  return 'Everything is saved';
}

/** How far writes have come, with the switch that cuts this replica off. */
export function SyncState(): ReactNode {
  const mesh = useMesh();
  const status = useStatus();
  const [, showNow] = useReducer((times: number) => times + 1, 0);
  const standing = standingOf(status);
  return (
    <div className="sync" data-standing={standing}>
      <span className="sync-lamp" />
      <span className="sync-text" role="status">
        <strong>{words[standing]}</strong>
        <span className="quiet">{detailOf(status)}</span>
      </span>
      <label
        className="switch"
        title="Cuts this replica off, as if the network were gone (Shift O)"
      >
        <input
          type="checkbox"
          role="switch"
          aria-checked={status.offline}
          checked={status.offline}
          onChange={(event) => {
            mesh.setOffline(event.target.checked);
            // The mesh tells of it a moment later; a switch shows it at once.
            showNow();
          }}
          aria-label="Offline"
        />
        <span aria-hidden="true" />
      </label>
    </div>
  );
}
