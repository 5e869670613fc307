import { parseAgentName } from '@mnemesh/core';
import { parseMeshId } from '@mnemesh/protocol';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useWorkplace } from '../session/workplace.js';

/** What is opened, and where the others are reached. */
export function MeshForm(): ReactNode {
  const { settings, change } = useWorkplace();
  const [error, setError] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => String(form.get(name) ?? '').trim();
    try {
      const { relay: _, ...kept } = settings;
      const relay = text('relay');
      change({
        ...kept,
        mesh: parseMeshId(text('mesh')),
        name: parseAgentName(text('name')),
        ...(relay === '' ? {} : { relay }),
      });
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
    }
  };
  return (
    <section className="panel" aria-label="Mesh">
      <h2>Mesh</h2>
      <form onSubmit={submit} noValidate>
        <div className="fields">
          <label className="field">
            <span>Mesh</span>
            <input
              name="mesh"
              defaultValue={settings.mesh}
              autoCapitalize="none"
              spellCheck={false}
            />
          </label>
          <label className="field">
            <span>Your name</span>
            <input name="name" defaultValue={settings.name} autoCapitalize="none" />
          </label>
        </div>
        <label className="field">
          <span>Relay</span>
          <input
            name="relay"
            defaultValue={settings.relay ?? ''}
            placeholder="ws://127.0.0.1:7700"
            inputMode="url"
            spellCheck={false}
          />
          <small>Empty: this browser links with nobody, unless peers are set up below.</small>
        </label>
        {error !== undefined && (
          <p className="refused" role="alert">
            {error}
          </p>
        )}
        <button type="submit">Open with these</button>
      </form>
    </section>
  );
}
