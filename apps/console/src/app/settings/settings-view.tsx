import { useMesh } from '@mnemesh/react';
import { type ReactNode, useState } from 'react';
import {
  type Appearance,
  appearances,
  chooseAppearance,
  readAppearance,
} from '../session/appearance.js';
import { useWorkplace } from '../session/workplace.js';
import { MeshForm } from './mesh-form.js';
import { Peers } from './peers.js';
import { Retention } from './retention.js';
import { StorageUse } from './storage-use.js';
import { SyncChoices } from './sync-choices.js';

export function SettingsView(): ReactNode {
  return (
    <>
      <header className="view-head">
        <h1>Settings</h1>
      </header>
      <div className="page">
        <div className="columns">
          <Identity />
          <MeshForm />
          <AppearanceChoice />
          <SyncChoices />
          <StorageUse />
          <Retention />
          <Peers />
          <Leave />
        </div>
      </div>
    </>
  );
}

/** Groups of four, as people compare them. */
function fingerprint(id: string): string {
  return (id.slice(0, 32).match(/.{4}/g) ?? []).join(' ');
}

function Identity(): ReactNode {
  const { agent } = useMesh();
  return (
    <section className="panel" aria-label="Identity">
      <h2>Identity</h2>
      <dl className="facts">
        <div>
          <dt>Name</dt>
          <dd>{agent.name}</dd>
        </div>
        <div>
          <dt>Kind</dt>
          <dd>
            {agent.kind === 'human'
              ? 'A person: no agent’s value takes the place of yours unseen'
              : 'An agent: this name’s key was made as one in this browser'}
          </dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd>
            <code className="fingerprint">{fingerprint(agent.id)}</code>
            <p className="hint">
              The private half lies in this browser and cannot be read, not even by this page.
              Others who see the same fingerprint beside your name see what you signed.
            </p>
          </dd>
        </div>
      </dl>
    </section>
  );
}

const appearanceNames: Readonly<Record<Appearance, string>> = {
  system: 'As the system',
  light: 'Light',
  dark: 'Dark',
};

function AppearanceChoice(): ReactNode {
  const [appearance, setAppearance] = useState(() => readAppearance(localStorage));
  return (
    <section className="panel" aria-label="Appearance">
      <h2>Appearance</h2>
      <fieldset className="segmented">
        <legend className="hidden">Appearance</legend>
        {appearances.map((one) => (
          <label key={one} data-chosen={one === appearance}>
            <input
              type="radio"
              name="appearance"
              className="hidden"
              checked={one === appearance}
              onChange={() => {
                chooseAppearance(localStorage, one);
                setAppearance(one);
              }}
            />
            {appearanceNames[one]}
          </label>
        ))}
      </fieldset>
    </section>
  );
}

function Leave(): ReactNode {
  const { change, mesh } = useWorkplace();
  return (
    <section className="panel" aria-label="Leave">
      <h2>Another mesh</h2>
      <p>What this browser holds of {mesh.id} stays on it, and opens again under the same name.</p>
      <button type="button" onClick={() => change(undefined)}>
        Close {mesh.id}
      </button>
    </section>
  );
}
