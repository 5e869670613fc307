import type { Client, ClientKind, ClientPlace } from './client.js';

/**
 * Imported on demand: a process that loads the replica has the workspace's copy of Yjs, one that
 * loads a stock client has the peers' own, and none may have both.
 */
export const openClient: Readonly<Record<ClientKind, (place: ClientPlace) => Promise<Client>>> = {
  'y-websocket': async (place) => (await import('./y-websocket-client.js')).yWebsocketClient(place),
  hocuspocus: async (place) => (await import('./hocuspocus-client.js')).hocuspocusClient(place),
  automerge: async (place) => (await import('./automerge-client.js')).automergeClient(place),
  mesh: async (place) => (await import('./mesh-client.js')).meshClient(place),
};
