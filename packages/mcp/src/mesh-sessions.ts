import type { Mesh, TaskNotice } from '@mnemesh/core';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import { TaskNews } from './task-news.js';
import type { ToolSession } from './tool-session.js';

/** What a client said of itself when it began. */
export interface McpClient {
  readonly name: string;
  readonly version: string;
}

/** Opens one session of the mesh. @throws MnemeshError, which every call is then answered with */
export type OpenSession = (client: McpClient) => Promise<Mesh>;

/**
 * The sessions of one MCP client at its mesh, each opened when it is first needed: a client that only
 * asks what tools there are costs nothing. An opening that failed is tried again with the next call.
 */
export class MeshSessions implements ToolSession {
  readonly runtime: Runtime;
  readonly #open: OpenSession;
  readonly #client: () => McpClient;
  readonly #opened = new Map<'acting' | 'watching', Promise<Mesh>>();
  readonly #news = new TaskNews();
  #closing: Promise<void> | undefined;

  constructor(open: OpenSession, client: () => McpClient, runtime: Runtime) {
    this.#open = open;
    this.#client = client;
    this.runtime = runtime;
  }

  acting(): Promise<Mesh> {
    return this.#session('acting');
  }

  watching(): Promise<Mesh> {
    return this.#session('watching');
  }

  takeNotices(): readonly TaskNotice[] {
    return this.#news.take();
  }

  /** Waits for what is being saved. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #session(name: 'acting' | 'watching'): Promise<Mesh> {
    if (this.#closing !== undefined) {
      return Promise.reject(new MnemeshError('closed', 'This MCP session is over. Begin another.'));
    }
    const known = this.#opened.get(name);
    if (known !== undefined) return known;
    const opening = this.#begin(name);
    this.#opened.set(name, opening);
    opening.then(
      (mesh) => name === 'acting' && this.#news.listen(mesh),
      () => this.#opened.delete(name),
    );
    return opening;
  }

  /** Nobody need know of a session that only looks. */
  async #begin(name: 'acting' | 'watching'): Promise<Mesh> {
    const mesh = await this.#open(this.#client());
    if (name === 'watching') await mesh.presence.leave();
    return mesh;
  }

  async #close(): Promise<void> {
    this.#news.close();
    const opened = await Promise.allSettled(this.#opened.values());
    await Promise.all(
      opened.map((mesh) => (mesh.status === 'fulfilled' ? mesh.value.close() : undefined)),
    );
  }
}
