import type { Analyzer, Postings, ReplicaStore, ReplicaStoreOpener } from '@mnemesh/core';
import type { MeshId, Runtime } from '@mnemesh/protocol';
import type { PageCalls } from './answer-calls.js';
import { faultCalls } from './page-faults.js';
import { watchCalls } from './page-watch.js';
import { sentPostings } from './postings-on-wire.js';

const logged: string[] = [];

/** Effects of a page, for stores that it opens. */
export const pageRuntime: Runtime = {
  now: () => Date.now(),
  randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  log: (_, message) => {
    logged.push(message);
  },
};

/** Calls to stores that are opened in a page, and to what goes wrong beneath them; see `openStoreInPage`. */
export function storeCalls(
  opener: (prefix: string, isLed: boolean) => ReplicaStoreOpener,
  analyzer: Analyzer,
): PageCalls {
  const stores: ReplicaStore[] = [];
  const look = ({ opened, damaged }: ReplicaStore) => ({ opened, damaged });
  return {
    ...faultCalls,
    ...watchCalls,
    /** What stores logged since the last call. */
    logged: () => logged.splice(0),
    open: async (prefix: string, mesh: MeshId, indexed: boolean, isLed: boolean) => {
      const store = await opener(prefix, isLed)(mesh, indexed ? analyzer : undefined);
      return { number: stores.push(store) - 1, ...look(store) };
    },
    /** Calls a method of an open store, or of its vectors. */
    store: async (number: number, method: keyof ReplicaStore, ...args: never[]) => {
      const store = stores[number] as ReplicaStore;
      const call = store[method] as (...given: never[]) => Promise<unknown>;
      const value = await call.apply(store, args);
      const sent = method === 'postings' ? sentPostings(value as Postings) : value;
      return { value: sent, ...look(store) };
    },
    vectors: async (number: number, method: string, ...args: never[]) => {
      const { vectors } = stores[number] as ReplicaStore;
      const call = vectors[method as keyof typeof vectors] as (
        ...given: never[]
      ) => Promise<unknown>;
      return call.apply(vectors, args);
    },
  };
}
