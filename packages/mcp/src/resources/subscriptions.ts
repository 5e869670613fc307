import { type Cancel, MnemeshError } from '@mnemesh/protocol';
import { mcpLimits } from '../mcp-limits.js';
import type { ToolSession } from '../tool-session.js';
import type { ResourceSet } from './resource-set.js';

/** What one client wants to be told of. Changes that come together are told once. */
export class Subscriptions {
  readonly #resources: ResourceSet;
  readonly #session: ToolSession;
  readonly #notify: (uri: string) => Promise<void>;
  readonly #stops = new Map<string, () => void>();
  readonly #pending = new Map<string, Cancel>();
  #closed = false;

  constructor(
    resources: ResourceSet,
    session: ToolSession,
    notify: (uri: string) => Promise<void>,
  ) {
    this.#resources = resources;
    this.#session = session;
    this.#notify = notify;
  }

  /** @throws MnemeshError `bad_input`, `not_found`, `overloaded`, and what opening the mesh throws */
  async add(uri: string): Promise<void> {
    if (this.#stops.has(uri)) return;
    if (this.#stops.size >= mcpLimits.subscriptions) {
      throw new MnemeshError(
        'overloaded',
        `${mcpLimits.subscriptions} resources are subscribed to already. End some first.`,
      );
    }
    const mesh = await this.#session.watching();
    const stop = await this.#resources.watch(uri, mesh, () => this.#changed(uri));
    if (this.#closed) return stop();
    // Asked for twice at once, it is watched once.
    this.#stops.get(uri)?.();
    this.#stops.set(uri, stop);
  }

  remove(uri: string): void {
    this.#stops.get(uri)?.();
    this.#stops.delete(uri);
    this.#pending.get(uri)?.();
    this.#pending.delete(uri);
  }

  close(): void {
    this.#closed = true;
    for (const uri of [...this.#stops.keys()]) this.remove(uri);
  }

  #changed(uri: string): void {
    if (this.#pending.has(uri)) return;
    const { runtime } = this.#session;
    const cancel = runtime.after(mcpLimits.notifyMs, () => {
      this.#pending.delete(uri);
      this.#notify(uri).catch((error: unknown) => {
        runtime.log('warn', 'a client was not told of a change', { error: String(error) });
      });
    });
    this.#pending.set(uri, cancel);
  }
}
