import { type ReactNode, useEffect, useState } from 'react';
import type { Settings } from '../session/settings.js';

/** Milliseconds: a page opens its own disk, mostly before anybody would read that it does. */
const QUIET_MS = 300;
/** Then something is in its way: mostly another tab of this site. */
const BLOCKED_MS = 2_000;

export function Opening({ settings }: { readonly settings: Settings }): ReactNode {
  const isShown = useWaited(QUIET_MS);
  const isBlocked = useWaited(BLOCKED_MS);
  if (!isShown) return null;
  return (
    <main className="welcome">
      <div role="status">
        <p className="quiet">Opening {settings.mesh}…</p>
        {isBlocked && (
          <p className="quiet">
            This takes longer than usual. Another tab of this site may keep it from opening: close
            the others, and it goes on.
          </p>
        )}
      </div>
    </main>
  );
}

function useWaited(ms: number): boolean {
  const [hasWaited, setHasWaited] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setHasWaited(true), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return hasWaited;
}
