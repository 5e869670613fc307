import type { WebSocket } from 'ws';
import type { WebsocketProvider } from 'y-websocket';
import type * as Yjs from 'yjs';

/**
 * The peers' own packages, which are installed apart from the workspace: all of a process's stock
 * clients get the same copy of Yjs, theirs. Types are written out here, because `tsc` runs where
 * the peers are not installed.
 */
export interface YWebsocketDoor {
  readonly Y: typeof Yjs;
  readonly WebsocketProvider: typeof WebsocketProvider;
  readonly WebSocket: typeof WebSocket;
}

export interface HocuspocusDoor {
  readonly Y: typeof Yjs;
  readonly WebSocket: typeof WebSocket;
  readonly HocuspocusProviderWebsocket: new (options: {
    readonly url: string;
    readonly autoConnect: boolean;
    readonly WebSocketPolyfill: typeof WebSocket;
  }) => HocuspocusSocket;
  readonly HocuspocusProvider: new (options: {
    readonly name: string;
    readonly document: Yjs.Doc;
    readonly websocketProvider: HocuspocusSocket;
  }) => HocuspocusProvider;
}

export interface HocuspocusSocket {
  readonly webSocket: WebSocket | null;
  connect(): Promise<unknown>;
  destroy(): void;
}

export interface HocuspocusProvider {
  readonly isSynced: boolean;
  readonly hasUnsyncedChanges: boolean;
  attach(): void;
  destroy(): void;
  on(event: 'synced' | 'unsyncedChanges', listener: () => void): void;
  off(event: 'synced' | 'unsyncedChanges', listener: () => void): void;
}

/** Strings that replace each other as a whole, like a value of a Y.Map. */
export interface AutomergeContent {
  records: { [key: string]: { readonly val: string } };
}

export interface AutomergeDoor {
  readonly Automerge: {
    readonly ImmutableString: new (value: string) => { readonly val: string };
    init<T>(options: { readonly actor: string }): T;
    change<T>(doc: T, options: { readonly time: number }, edit: (doc: T) => void): T;
    save<T>(doc: T): Uint8Array;
    getHeads<T>(doc: T): readonly string[];
  };
  readonly stringifyAutomergeUrl: (id: { readonly documentId: Uint8Array }) => string;
  readonly Repo: new (options: { readonly peerId: string }) => AutomergeRepo;
  readonly WebSocketClientAdapter: new (url: string) => AutomergeAdapter;
}

export interface AutomergeAdapter {
  readonly socket?: WebSocket;
}

export interface AutomergeRepo {
  readonly peers: readonly string[];
  readonly networkSubsystem: { addNetworkAdapter(adapter: AutomergeAdapter): void };
  import(binary: Uint8Array, place: { readonly docId: string }): AutomergeHandle;
  getStorageIdOfPeer(peer: string): string | undefined;
  on(event: 'peer-metadata' | 'document', listener: () => void): void;
  shutdown(): Promise<void>;
}

export interface AutomergeHandle {
  doc(): AutomergeContent;
  heads(): readonly string[];
  change(edit: (doc: AutomergeContent) => void): void;
  getSyncInfo(storage: string): { readonly lastHeads: readonly string[] } | undefined;
  on(event: 'change' | 'remote-heads', listener: () => void): void;
  off(event: 'change' | 'remote-heads', listener: () => void): void;
}

export interface EsbuildDoor {
  build(options: Readonly<Record<string, unknown>>): Promise<{
    readonly outputFiles: readonly { readonly path: string; readonly contents: Uint8Array }[];
  }>;
}

export interface MiniSearchDoor {
  readonly MiniSearch: new (options: {
    readonly fields: readonly string[];
    readonly processTerm: (term: string) => string | null;
  }) => {
    addAll(documents: readonly { readonly id: number; readonly text: string }[]): void;
    search(query: string): readonly { readonly id: number }[];
    toJSON(): unknown;
  };
}

interface Doors {
  readonly 'y-websocket': YWebsocketDoor;
  readonly hocuspocus: HocuspocusDoor;
  readonly automerge: AutomergeDoor;
  readonly esbuild: EsbuildDoor;
  readonly minisearch: MiniSearchDoor;
}

/** Where the peers are installed, seen from the built files. */
export const peersDirectory = new URL('../../peers/', import.meta.url);

export async function openDoor<K extends keyof Doors>(name: K): Promise<Doors[K]> {
  return (await import(new URL(`doors/${name}.mjs`, peersDirectory).href)) as Doors[K];
}
