import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.js';
import { readAppearance, showAppearance } from './session/appearance.js';
import { keptShell } from './session/kept-shell.js';
import { OpenSession } from './session/open-session.js';
import { onSettingsOfOthers, readLink, readSettings } from './session/settings.js';

showAppearance(readAppearance(localStorage));
const session = new OpenSession(localStorage);
const suggested = readLink(location.hash);
const settings = readSettings(localStorage);
// A link to another mesh asks first: opening it replaces what is open.
if (settings !== undefined && (suggested.mesh ?? settings.mesh) === settings.mesh)
  void session.open(settings);

onSettingsOfOthers((chosen) => void session.follow(chosen));
void keptShell.register();
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <App session={session} settings={settings} suggested={suggested} />
  </StrictMode>,
);
