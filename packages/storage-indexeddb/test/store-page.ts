import type { ReplicaStore } from '@mnemesh/core';
import type { MeshId, Runtime } from '@mnemesh/protocol';
import { plainAnalyzer } from '@mnemesh/testing/page';
import { answerCalls } from '@mnemesh/testing-browser/page';
import { openIndexedDbStore } from '../src/index.js';
import { faultCalls } from './page-faults.js';

/** The stores that this page has open, for calls from the test. */
const stores: ReplicaStore[] = [];

const runtime: Runtime = {
  now: () => Date.now(),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  log: () => undefined,
};

const look = ({ opened, damaged }: ReplicaStore) => ({ opened, damaged });

answerCalls({
  ...faultCalls,
  open: async (prefix: string, mesh: MeshId, indexed: boolean, isLed: boolean) => {
    const open = openIndexedDbStore({ runtime, prefix, isLed });
    const store = await open(mesh, indexed ? plainAnalyzer : undefined);
    return { number: stores.push(store) - 1, ...look(store) };
  },
  /** Calls a method of an open store, or of its vectors. */
  store: async (number: number, method: keyof ReplicaStore, ...args: never[]) => {
    const store = stores[number] as ReplicaStore;
    const call = store[method] as (...given: never[]) => Promise<unknown>;
    const value = await call.apply(store, args);
    return { value, ...look(store) };
  },
  vectors: async (number: number, method: string, ...args: never[]) => {
    const { vectors } = stores[number] as ReplicaStore;
    const call = vectors[method as keyof typeof vectors] as (...given: never[]) => Promise<unknown>;
    return call.apply(vectors, args);
  },
});
