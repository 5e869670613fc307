import { type BackgroundSync, forgetMesh } from '@mnemesh/background-sync';
import type { Mesh } from '@mnemesh/core';
import { openMesh } from '@mnemesh/open-mesh';
import { sendInBackground } from './background.js';
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
  #background: Promise<BackgroundSync | undefined> | undefined;

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

  close(): Promise<void> {
    this.#turn = this.#turn.then(async () => {
      if (this.#now.state === 'open')
        await forgetMesh(this.#now.settings.mesh).catch(() => undefined);
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
      this.#background = sendInBackground(opened, settings).catch(() => undefined);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      this.#set({ state: 'failed', settings, error });
    }
  }

  async #closeMesh(): Promise<void> {
    if (this.#now.state !== 'open') return;
    // Not awaited: it begins once there is a service worker, and there may never be one.
    void this.#background?.then((background) => background?.stop());
    this.#background = undefined;
    await this.#now.mesh.close().catch(() => undefined);
  }

  #set(now: Opened): void {
    this.#now = now;
    for (const listener of [...this.#listeners]) listener();
  }
}
