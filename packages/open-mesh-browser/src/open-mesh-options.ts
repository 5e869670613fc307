import type { AuthorKind } from '@mnemesh/core';
import type { Log } from '@mnemesh/protocol';

export interface OpenMeshOptions {
  /** Name of the mesh: a-z, 0-9, ".", "_" and "-". */
  readonly mesh: string;
  /** Name of the agent, as people know it. Its key is made on first use, and cannot be read by the page. */
  readonly agent: string;
  /**
   * Address of a relay, `ws://127.0.0.1:7700`. Until there is a root key it takes pages served from this machine only.
   * Without one, everything stays in this browser.
   */
  readonly relay?: string;
  /** Links to the peers of the mesh, which go on when the relay does not. Without it there are none. */
  readonly webrtc?: PeerOptions;
  /** Whose key it is, when it is made now. Default `agent`. */
  readonly kind?: AuthorKind;
  /**
   * How its documents are kept: as rows of one database, or each in a database that any Yjs program can open, which
   * takes more room and time. A mesh that was kept the other way is moved. Tabs of one mesh name the same. Default
   * `indexeddb`.
   */
  readonly storage?: StorageKind;
  /**
   * Opens it set offline: not one packet leaves until `mesh.setOffline(false)`. Where another tab leads already, it is
   * as that one is. Default false.
   */
  readonly offline?: boolean;
  /** Told what the mesh does that nobody asked about. Silent when absent. */
  readonly log?: Log;
}

export const storageKinds = ['indexeddb', 'y-indexeddb'] as const;
export type StorageKind = (typeof storageKinds)[number];

export interface PeerOptions {
  /** Shared by the members of the mesh and nobody else: that of the code `mnemesh invite` prints. */
  readonly secret: string;
  /** Signaling servers besides the links of the mesh: `ws://127.0.0.1:7700/signal`. Default none. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers. Default none: peers of one network need none. */
  readonly iceServers?: readonly {
    readonly urls: string | readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
}
