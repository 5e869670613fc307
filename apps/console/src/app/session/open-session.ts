import { forgetMesh } from '@mnemesh/background-sync';
import type { Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { type InBackground, sendInBackground } from './background.js';
import { isSwitchedOffline, switchOffline } from './offline-switch.js';
import { defaultSync, preferencesOf, type Settings } from './settings.js';

/** What the page has open, as it is shown. */
export type Opened =
  | { readonly state: 'none' }
  | { readonly state: 'opening'; readonly settings: Settings }
  | { readonly state: 'open'; readonly settings: Settings; readonly mesh: Mesh }
  | { readonly state: 'failed'; readonly settings: Settings; readonly error: Error };

/** The one mesh that this page has open. It outlives every render, and is closed before another is opened. */
export class OpenSession {
  #now: Opened = { state: 'none' };
  readonly #listeners = new Set<() => void>();
  #turn: Promise<void> = Promise.resolve();
  #background: InBackground | undefined;
  readonly #storage: Storage;

  /** @param storage where it is kept which meshes were set offline */
  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get now(): Opened {
    return this.#now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly read = (): Opened => this.#now;

  /** Never rejects: how it went is shown. */
  open(settings: Settings): Promise<void> {
    this.#turn = this.#turn.then(() => this.#open(settings));
    return this.#turn;
  }

  /** Keeps the mesh open: only what is preferred of it is another. */
  prefer(settings: Settings): void {
    if (this.#now.state === 'open') this.#set({ ...this.#now, settings });
  }

  /** Another tab opens this mesh by other ways: this one may come to lead, and would go on by the old ones. */
  follow(settings: Settings): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#now.state !== 'open') return;
      const { mesh, name, sync: _, ...ways } = this.#now.settings;
      const { mesh: other, name: __, sync: ___, ...newWays } = settings;
      if (mesh !== other) return;
      const followed = { ...settings, name };
      // What is preferred of sync, the tabs share with the replica.
      if (JSON.stringify(ways) === JSON.stringify(newWays)) this.prefer(followed);
      else await this.#open(followed);
    });
    return this.#turn;
  }

  close(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      await this.#closeMesh();
      this.#set({ state: 'none' });
    });
    return this.#turn;
  }

  async #open(settings: Settings): Promise<void> {
    await this.#closeMesh();
    this.#set({ state: 'opening', settings });
    const { mesh, name, relay, webrtc } = settings;
    try {
      const opened = await openMesh({
        mesh,
        agent: name,
        kind: 'human',
        offline: isSwitchedOffline(this.#storage, mesh),
        ...(relay === undefined ? {} : { relay }),
        ...(webrtc === undefined
          ? {}
          : {
              webrtc: {
                secret: webrtc.secret,
                ...(webrtc.signaling === undefined ? {} : { signaling: webrtc.signaling }),
              },
            }),
      });
      // Kept with what another version allowed, it must not keep the mesh from opening.
      await opened.prefer(preferencesOf(settings.sync ?? defaultSync)).catch(() => undefined);
      this.#set({ state: 'open', settings, mesh: opened });
      this.#keepOffline(opened);
      this.#background = sendInBackground(opened, settings);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#set({ state: 'failed', settings, error });
    }
  }

  /** Ends with the mesh. Other tabs of this browser keep the same. */
  #keepOffline(mesh: Mesh): void {
    let { offline } = mesh.status;
    mesh.onStatus((status) => {
      if (status.offline === offline) return;
      offline = status.offline;
      switchOffline(this.#storage, mesh.id, offline);
    });
  }

  /** What was kept for the service worker names a relay that the next settings may not have. */
  async #closeMesh(): Promise<void> {
    if (this.#now.state === 'failed') {
      await forgetMesh(this.#now.settings.mesh).catch(() => undefined);
    }
    if (this.#now.state !== 'open') return;
    await this.#background?.forget().catch(() => undefined);
    this.#background = undefined;
    await this.#now.mesh.close().catch(() => undefined);
  }

  #set(now: Opened): void {
    this.#now = now;
    for (const listener of [...this.#listeners]) listener();
  }
}
