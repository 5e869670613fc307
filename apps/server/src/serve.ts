import type { Log } from '@mnemesh/protocol';
import {
  documentWorker,
  openSqliteRoomLog,
  openSqliteUpdateLog,
  Relay,
  Rooms,
  serveRelay,
} from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { SignalingServer } from '@mnemesh/signaling';
import { consoleRoute } from './console-route.js';
import { type McpOptions, mcpRoute } from './mcp-route.js';

/** Where MCP is served. */
const MCP_PATH = '/mcp';

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
  /** Directory of the relay's logs: that of the meshes and that of plain rooms. One process at a time. */
  readonly data: string;
  /** Serves MCP at `/mcp`, too. */
  readonly mcp?: McpOptions;
  /** Directory of the console's built files, served as pages beside the WebSocket. */
  readonly console?: URL;
  /** See `RelayOptions.confirmClaims`. */
  readonly confirmClaims?: boolean;
  /** Silent when absent. */
  readonly log?: Log;
}

export interface Server {
  /** Where replicas reach it: `ws://127.0.0.1:7700`. */
  readonly url: string;
  readonly port: number;
  readonly data: string;
  /** Commits and acks what is pending, tells every replica, and closes the log. Idempotent. */
  close(): Promise<void>;
}

/**
 * A relay on an embedded store: meshes, and plain rooms for stock y-websocket clients.
 * @throws MnemeshError `store_in_use`, `not_permitted` for an address beyond this machine, `bad_input`
 */
export async function serve(options: ServeOptions): Promise<Server> {
  const { port, host, data, mcp, log, confirmClaims = false } = options;
  const pages = options.console === undefined ? {} : { pages: consoleRoute(options.console) };
  const runtime = nodeRuntime(log === undefined ? {} : { log });
  const updates = await openSqliteUpdateLog({ directory: data, runtime });
  const roomLog = await openSqliteRoomLog({ directory: data }).catch(async (error: unknown) => {
    await updates.close();
    throw error;
  });
  const worker = documentWorker();
  const signatures = nodeSignatures;
  const relay = new Relay({
    log: updates,
    runtime,
    signatures,
    compactor: worker,
    folder: worker,
    confirmClaims,
  });
  const rooms = new Rooms({ log: roomLog, runtime, folder: worker });
  const closeStores = async (): Promise<void> => {
    await Promise.all([rooms.close(), relay.close()]);
    await roomLog.close();
    await updates.close();
  };
  const served = mcp === undefined ? undefined : mcpRoute(mcp, runtime);
  const routes = served === undefined ? {} : { [MCP_PATH]: served.route };
  const signaling = new SignalingServer({ runtime });
  const listening = await serveRelay({
    relay,
    rooms,
    signaling,
    routes,
    ...pages,
    host,
    port,
  }).catch(async (error: unknown) => {
    await closeStores();
    throw error;
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await served?.close();
    await listening.close();
    await closeStores();
  };
  return {
    url: listening.url,
    port: listening.port,
    data,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
