import { useConflicts, useMesh, useStatus } from '@mnemesh/react';
import { lazy, type ReactNode, Suspense, useCallback, useEffect, useMemo, useState } from 'react';
import { Link, Redirect, Route, Switch, useLocation } from 'wouter';
import { useWorkplace } from '../session/workplace.js';
import { EmptyState } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { type Command, CommandPalette } from './command-palette.js';
import { HelpSheet } from './help-sheet.js';
import { RoomNotice } from './room-notice.js';
import { SyncState } from './sync-state.js';
import { useShortcuts } from './use-shortcuts.js';
import { ViewBoundary } from './view-boundary.js';
import { views } from './views.js';

const MeshView = lazy(async () => ({ default: (await import('../mesh/mesh-view.js')).MeshView }));
const MemoryView = lazy(async () => ({
  default: (await import('../memory/memory-view.js')).MemoryView,
}));
const TasksView = lazy(async () => ({
  default: (await import('../tasks/tasks-view.js')).TasksView,
}));
const ConversationsView = lazy(async () => ({
  default: (await import('../conversations/conversations-view.js')).ConversationsView,
}));
const UsageView = lazy(async () => ({
  default: (await import('../usage/usage-view.js')).UsageView,
}));
const SettingsView = lazy(async () => ({
  default: (await import('../settings/settings-view.js')).SettingsView,
}));

type Open = 'palette' | 'help' | undefined;

/** The frame around every view: where to go, how far writes have come, and what the keys do. */
export function Shell(): ReactNode {
  const mesh = useMesh();
  const { offline } = useStatus();
  const [location, go] = useLocation();
  const [open, setOpen] = useState<Open>();
  const openPalette = useCallback(() => setOpen('palette'), []);
  const openHelp = useCallback(() => setOpen('help'), []);
  const close = useCallback(() => setOpen(undefined), []);
  const toggleOffline = useCallback(() => mesh.setOffline(!mesh.status.offline), [mesh]);
  useShortcuts({ go, openPalette, openHelp, toggleOffline });
  const commands = useMemo(
    () => commandsOf(go, openHelp, toggleOffline, offline),
    [go, openHelp, toggleOffline, offline],
  );
  const view = views.find(({ path }) => location.startsWith(path));
  useEffect(() => {
    document.title = `${view?.name ?? 'Console'} · ${mesh.id} · Mnemesh`;
  }, [view, mesh]);
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the view
      </a>
      <Sidebar location={location} onPalette={openPalette} onHelp={openHelp} />
      <main id="main" tabIndex={-1} className={`view view-${view?.path.slice(1) ?? 'none'}`}>
        <RoomNotice />
        <ViewBoundary key={view?.path ?? ''}>
          <Suspense fallback={null}>
            <Switch>
              <Route path="/">
                <Redirect to="/mesh" replace />
              </Route>
              <Route path="/mesh" component={MeshView} />
              <Route path="/memory/*?" component={MemoryView} />
              <Route path="/tasks/*?" component={TasksView} />
              <Route path="/conversations/*?" component={ConversationsView} />
              <Route path="/usage" component={UsageView} />
              <Route path="/settings" component={SettingsView} />
              <Route>
                <EmptyState icon="search" title="There is no such page">
                  <Link href="/memory">Go to the memory</Link>
                </EmptyState>
              </Route>
            </Switch>
          </Suspense>
        </ViewBoundary>
      </main>
      <SaidLine />
      {open === 'help' && <HelpSheet onClose={close} />}
      {open === 'palette' && <CommandPalette commands={commands} onClose={close} />}
    </div>
  );
}

interface SidebarProps {
  readonly location: string;
  readonly onPalette: () => void;
  readonly onHelp: () => void;
}

function Sidebar({ location, onPalette, onHelp }: SidebarProps): ReactNode {
  const mesh = useMesh();
  const { data: conflicts = [] } = useConflicts({ limit: 100 });
  return (
    <header className="side">
      <div className="brand">
        <img src="/icon.svg" alt="" width="28" height="28" />
        <div>
          <strong>{mesh.id}</strong>
          <span className="quiet">{mesh.agent.name}</span>
        </div>
      </div>
      <nav aria-label="Views" className="nav">
        {views.map(({ path, name, icon, key }) => (
          <Link
            key={path}
            href={path}
            aria-current={location.startsWith(path) ? 'page' : undefined}
            title={`${name} (g ${key})`}
          >
            <Icon name={icon} />
            <span className="nav-name">{name}</span>
            {path === '/memory' && conflicts.length > 0 && (
              <span className="count" title={`${conflicts.length} open conflicts`}>
                {conflicts.length}
              </span>
            )}
          </Link>
        ))}
      </nav>
      <div className="side-foot">
        <SyncState />
        <div className="side-tools">
          <button type="button" className="bare" onClick={onPalette}>
            <Icon name="search" />
            <span className="hidden">Commands</span>
            <kbd>Ctrl K</kbd>
          </button>
          <button type="button" className="bare" onClick={onHelp} aria-label="Keys">
            <Icon name="keyboard" />
          </button>
        </div>
      </div>
    </header>
  );
}

/** How the last thing went: read out, and shown until it is taken away or something else is said. */
function SaidLine(): ReactNode {
  const { said, say } = useWorkplace();
  useEffect(() => {
    if (said?.kind !== 'done') return;
    const timer = setTimeout(() => say(undefined), 4_000);
    return () => clearTimeout(timer);
  }, [said, say]);
  return (
    <div className="said" aria-live="polite">
      {said !== undefined && (
        <p className={`said-line said-${said.kind}`}>
          <Icon name={said.kind === 'done' ? 'check' : 'conflict'} />
          <span>{said.text}</span>
          <button
            type="button"
            className="bare"
            aria-label="Dismiss"
            onClick={() => say(undefined)}
          >
            <Icon name="close" />
          </button>
        </p>
      )}
    </div>
  );
}

function commandsOf(
  go: (path: string) => void,
  openHelp: () => void,
  toggleOffline: () => void,
  offline: boolean,
): readonly Command[] {
  return [
    { name: 'Add a memory item', icon: 'add', run: () => go('/memory/new') },
    { name: 'Add a task', icon: 'add', run: () => go('/tasks/new') },
    { name: 'Search the memory', icon: 'search', keys: '/', run: () => go('/memory?focus=search') },
    { name: 'Settle conflicts', icon: 'conflict', run: () => go('/memory/conflicts') },
    { name: 'Show how tasks depend on each other', icon: 'graph', run: () => go('/tasks/graph') },
    {
      name: offline ? 'Go back online' : 'Go offline',
      icon: 'offline',
      keys: 'Shift O',
      run: toggleOffline,
    },
    ...views.map(({ name, icon, path, key }) => ({
      name: `Go to ${name}`,
      icon,
      keys: `g ${key}`,
      run: () => go(path),
    })),
    { name: 'Show all keys', icon: 'keyboard', keys: '?', run: openHelp },
  ];
}
