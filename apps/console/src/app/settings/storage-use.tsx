import { type ReactNode, useCallback, useEffect, useState, useSyncExternalStore } from 'react';
import { keptShell } from '../session/kept-shell.js';

interface Use {
  /** Bytes, as the browser estimates them. */
  readonly used: number;
  readonly quota: number;
  readonly isKept: boolean;
}

/** How much this site keeps, and whether the browser may throw it away when room is short. */
export function StorageUse(): ReactNode {
  const [use, setUse] = useState<Use>();
  const whyNotKept = useSyncExternalStore(keptShell.subscribe, keptShell.read);
  const look = useCallback(async () => {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    setUse({ used: usage, quota, isKept: await navigator.storage.persisted() });
  }, []);
  useEffect(() => {
    look().catch(() => undefined);
  }, [look]);
  if (use === undefined) return null;
  const share = use.quota === 0 ? 0 : use.used / use.quota;
  return (
    <section className="panel" aria-label="Storage">
      <h2>Storage</h2>
      <p>
        <strong>{bytesText(use.used)}</strong> of {bytesText(use.quota)} that the browser lets this
        site keep.
      </p>
      <meter
        min={0}
        max={1}
        high={0.8}
        value={share}
        aria-label="Share of the quota that is used"
      />
      {whyNotKept !== undefined && (
        <p className="refused" role="status">
          Not kept for offline use: {whyNotKept}. Without a network the console does not open here.
        </p>
      )}
      {use.isKept ? (
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

function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1);
  const value = bytes / 1000 ** power;
  return `${value < 10 && power > 0 ? value.toFixed(1) : Math.round(value)} ${units[power]}`;
}
