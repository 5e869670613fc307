import type { RoomStatus } from '@mnemesh/core';
import { useStatus } from '@mnemesh/react';
import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { keptShell } from '../session/kept-shell.js';

/** How much this site keeps, as the mesh watches it, and whether the browser may throw it away when room is short. */
export function StorageUse(): ReactNode {
  const { room } = useStatus();
  const whyNotKept = useSyncExternalStore(keptShell.subscribe, keptShell.read);
  const [isKept, setKept] = useState(false);
  const look = useCallback(async () => setKept(await navigator.storage.persisted()), []);
  useEffect(() => {
    look().catch(() => undefined);
  }, [look]);
  return (
    <section className="panel" aria-label="Storage">
      <h2>Storage</h2>
      <RoomUse room={room} />
      {whyNotKept !== undefined && (
        <p className="refused" role="status">
          Not kept for offline use: {whyNotKept}. Without a network the console does not open here.
        </p>
      )}
      {isKept || room?.kept === true ? (
        <p className="hint">The browser has promised not to clear it by itself.</p>
      ) : (
        <>
          <p className="hint">
            When the disk is full, the browser may clear what sites keep. Ask it not to:
          </p>
          <button
            type="button"
            onClick={() => void navigator.storage.persist().then(look, () => undefined)}
          >
            Keep it
          </button>
        </>
      )}
    </section>
  );
}

function RoomUse({ room }: { readonly room: RoomStatus | undefined }): ReactNode {
  const { usedBytes, quotaBytes, level, advice } = room ?? {};
  if (usedBytes === undefined || quotaBytes === undefined)
    return <p className="hint">The browser has not told yet how much room there is.</p>;
  return (
    <>
      <p>
        <strong>{bytesText(usedBytes)}</strong> of {bytesText(quotaBytes)} that the browser lets
        this site keep.
      </p>
      <meter
        min={0}
        max={1}
        high={0.8}
        value={quotaBytes === 0 ? 0 : usedBytes / quotaBytes}
        aria-label="Share of the quota that is used"
      />
      {advice !== undefined && (
        <p className={level === 'short' ? 'refused' : 'notice notice-warn'}>{advice}</p>
      )}
    </>
  );
}

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
