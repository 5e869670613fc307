import { drainOnSync, type WorkerScope } from '@mnemesh/background-sync';
import { openMesh } from 'mnemesh';

interface Worker extends WorkerScope {
  skipWaiting(): Promise<void>;
}

const worker = globalThis as unknown as Worker;

drainOnSync(worker, { openMesh });
worker.addEventListener('install', () => void worker.skipWaiting());
