// The service worker: the console opens without a network, and what a closed page could not send is sent.
import { drainOnSync, type WorkerScope } from '@mnemesh/background-sync';
import { openMesh } from '@mnemesh/open-mesh';
import { keepShell } from './keep-shell.js';

keepShell();
// `globalThis` of a service worker is typed as any worker’s.
drainOnSync(globalThis as unknown as WorkerScope, { openMesh });
