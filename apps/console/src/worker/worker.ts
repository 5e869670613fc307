// The service worker: the console opens without a network, and what a closed page could not send is sent.
import { drainOnSync } from '@mnemesh/background-sync';
import { openMesh } from '@mnemesh/open-mesh';
import { keepShell } from './keep-shell.js';

keepShell();
drainOnSync(self, { openMesh });
