import { parseAgentName } from '@mnemesh/core';
import { parseMeshId } from '@mnemesh/protocol';
import { type FormEvent, type ReactNode, useState } from 'react';
import { relayOfOrigin, type Settings, type Suggested } from '../session/settings.js';

interface WelcomeProps {
  /** Of another mesh, that a link leads away from. */
  readonly kept: Settings | undefined;
  readonly suggested: Suggested;
  readonly onOpen: (settings: Settings | undefined) => void;
}

/** The first start: three lines, of which one is filled in. */
export function Welcome({ kept, suggested, onOpen }: WelcomeProps): ReactNode {
  const [mesh, setMesh] = useState(suggested.mesh ?? '');
  const [name, setName] = useState(suggested.name ?? kept?.name ?? '');
  const [relay, setRelay] = useState(suggested.relay ?? relayOfOrigin(location.origin));
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    try {
      const given = { mesh: parseMeshId(mesh.trim()), name: parseAgentName(name.trim()) };
      const address = relay.trim();
      onOpen({ ...given, ...(address === '' ? {} : { relay: address }) });
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <main className="welcome">
      <form className="welcome-card" onSubmit={submit} noValidate>
        <img src="/icon.svg" alt="" width="48" height="48" />
        <h1>Open a mesh</h1>
        <p className="quiet">
          This browser becomes a replica: it keeps a full copy of the mesh, works with no network,
          and merges when there is one.
        </p>
        {kept !== undefined && kept.mesh !== suggested.mesh && suggested.mesh !== undefined && (
          <p className="notice">
            The link leads to {suggested.mesh}. {kept.mesh} stays on this device.{' '}
            <button type="button" className="linkish" onClick={() => onOpen(kept)}>
              Open {kept.mesh} instead
            </button>
          </p>
        )}
        <label className="field">
          <span>Mesh</span>
          <input
            name="mesh"
            value={mesh}
            onChange={(event) => setMesh(event.target.value)}
            placeholder="atlas"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
          />
          <small>The name your team’s agents use: a-z, 0-9, “.”, “_” and “-”.</small>
        </label>
        <label className="field">
          <span>Your name</span>
          <input
            name="name"
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="ana"
            autoComplete="nickname"
            autoCapitalize="none"
            required
          />
          <small>
            A key is made for it in this browser, marked as a person’s. No page can read it.
          </small>
        </label>
        <label className="field">
          <span>Relay</span>
          <input
            name="relay"
            value={relay}
            onChange={(event) => setRelay(event.target.value)}
            placeholder="ws://127.0.0.1:7700"
            autoComplete="off"
            spellCheck={false}
            inputMode="url"
          />
          <small>Where the others are reached. Empty: this browser stays by itself.</small>
        </label>
        {error !== undefined && (
          <p className="refused" role="alert">
            {error}
          </p>
        )}
        <button type="submit" className="primary">
          Open
        </button>
      </form>
    </main>
  );
}
