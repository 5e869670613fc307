import { hasCode } from '@mnemesh/protocol';
import type { ReactNode } from 'react';
import type { Opened } from '../session/open-session.js';
import type { Settings } from '../session/settings.js';

interface CannotOpenProps {
  readonly opened: Extract<Opened, { readonly state: 'failed' }>;
  readonly onChange: (settings: Settings | undefined) => void;
}

export function CannotOpen({ opened, onChange }: CannotOpenProps): ReactNode {
  const { settings, error } = opened;
  const inUse = hasCode(error, 'store_in_use');
  return (
    <main className="welcome">
      <div className="welcome-card">
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1>{inUse ? 'Open in another tab' : `${settings.mesh} could not be opened`}</h1>
        <p role="alert">{error.message}</p>
        <p className="quiet">Nothing of what this browser keeps was changed.</p>
        <div className="row">
          <button type="button" className="primary" onClick={() => onChange(settings)}>
            Try again
          </button>
          <button type="button" onClick={() => onChange(undefined)}>
            Open another mesh
          </button>
        </div>
      </div>
    </main>
  );
}
