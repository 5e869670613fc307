import { MeshProvider } from '@mnemesh/react';
import { type ReactNode, useCallback, useSyncExternalStore } from 'react';
import { AgentsProvider } from './data/agents.js';
import type { OpenSession } from './session/open-session.js';
import {
  forgetSettings,
  preferencesOf,
  type Settings,
  type Suggested,
  type SyncSettings,
  writeSettings,
} from './session/settings.js';
import { WorkplaceProvider } from './session/workplace.js';
import { CannotOpen } from './shell/cannot-open.js';
import { Opening } from './shell/opening.js';
import { Shell } from './shell/shell.js';
import { Welcome } from './shell/welcome.js';

interface AppProps {
  readonly session: OpenSession;
  readonly settings: Settings | undefined;
  readonly suggested: Suggested;
}

export function App({ session, settings, suggested }: AppProps): ReactNode {
  const opened = useSyncExternalStore(session.subscribe, session.read);
  const change = useCallback(
    (chosen: Settings | undefined) => {
      if (chosen === undefined) {
        forgetSettings(localStorage);
        void session.close();
        return;
      }
      writeSettings(localStorage, chosen);
      if (location.hash !== '') history.replaceState(null, '', location.pathname);
      void session.open(chosen);
    },
    [session],
  );
  const prefer = useCallback(
    async (sync: SyncSettings) => {
      if (session.now.state !== 'open') return;
      const { mesh, settings: kept } = session.now;
      await mesh.prefer(preferencesOf(sync));
      const chosen = { ...kept, sync };
      writeSettings(localStorage, chosen);
      session.prefer(chosen);
    },
    [session],
  );
  if (opened.state === 'none')
    return <Welcome kept={settings} suggested={suggested} onOpen={change} />;
  if (opened.state === 'failed') return <CannotOpen opened={opened} onChange={change} />;
  if (opened.state === 'opening') return <Opening settings={opened.settings} />;
  return (
    <MeshProvider mesh={opened.mesh}>
      <WorkplaceProvider
        key={opened.mesh.session}
        mesh={opened.mesh}
        settings={opened.settings}
        change={change}
        prefer={prefer}
      >
        <AgentsProvider>
          <Shell />
        </AgentsProvider>
      </WorkplaceProvider>
    </MeshProvider>
  );
}
