import {
  type CollectionChange,
  createAgent,
  type ListQuery,
  type Memory,
  type MemoryItem,
  type Mesh,
  openReplica,
  type RecordView,
  type ToolState,
  type Tools,
} from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { lexicalRecall } from '@mnemesh/recall';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { openSqliteStore } from '@mnemesh/storage-sqlite';
import { websocketTransport } from '@mnemesh/transport-websocket';
import { WebSocket } from 'ws';
import { type BenchRecord, idOf } from '../data/records.js';
import type { Client, ClientDocument, ClientPlace, FollowedWrite } from './client.js';

const MESH = 'bench';
/** Records read at a time. */
const PAGE = 10_000;

/** A mesh replica with one agent, stored on disk: all namespaces share one socket, every write is signed. */
export async function meshClient({ url, directory, name }: ClientPlace): Promise<Client> {
  const runtime = nodeRuntime();
  const sockets = new Set<WebSocket>();
  class KeptSocket extends WebSocket {
    constructor(address: string) {
      super(address, { perMessageDeflate: false });
      sockets.add(this);
      this.on('close', () => sockets.delete(this));
    }
  }
  const transport = websocketTransport({ url, runtime, WebSocket: KeptSocket as never });
  // Before it starts, so that nothing is sent before the scenario says so.
  transport.setOffline(true);
  const mesh = await openReplica({
    mesh: MESH,
    agent: await createAgent(runtime, nodeSignatures, name),
    store: openSqliteStore({ directory, runtime }),
    transports: [transport],
    runtime,
    signatures: nodeSignatures,
    recall: lexicalRecall(),
  });
  mesh.setOffline(true);
  return new MeshClient(mesh, sockets);
}

class MeshClient implements Client {
  readonly #mesh: Mesh;
  readonly #sockets: ReadonlySet<WebSocket>;

  constructor(mesh: Mesh, sockets: ReadonlySet<WebSocket>) {
    this.#mesh = mesh;
    this.#sockets = sockets;
  }

  async open(name: string): Promise<ClientDocument> {
    const document = new MeshDocument(this.#mesh, `bench/${name}`);
    await document.load();
    return document;
  }

  async connect(): Promise<void> {
    this.#mesh.setOffline(false);
    await untilSynced(this.#mesh);
  }

  get sockets(): number {
    return this.#sockets.size;
  }

  stopReading(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  readAgain(): void {
    for (const socket of this.#sockets) socket.resume();
  }

  close(): Promise<void> {
    return this.#mesh.close();
  }
}

/** A namespace: records are memory items, overwritten keys are states of tools. */
class MeshDocument implements ClientDocument {
  readonly #mesh: Mesh;
  readonly #memory: Memory;
  readonly #tools: Tools;
  /** What the session was shown, as an agent would keep it at hand. */
  readonly #shown = new Map<string, string>();
  readonly #tool = new Map<string, Promise<RecordId>>();
  #failure: unknown;

  constructor(mesh: Mesh, namespace: string) {
    this.#mesh = mesh;
    this.#memory = mesh.memory.in(namespace);
    this.#tools = mesh.tools.in(namespace);
  }

  async load(): Promise<void> {
    this.#memory.watch((changes) => this.#keep(changes, ofItem));
    this.#tools.watch((changes) => this.#keep(changes, ofTool));
    for (const [key, value] of await this.contents()) this.#shown.set(key, value);
  }

  add({ text }: BenchRecord): void {
    this.#memory.create({ content: text }).saved.catch((error) => this.#failed(error));
  }

  addAll(records: readonly BenchRecord[]): void {
    for (const record of records) this.add(record);
  }

  follow({ text }: BenchRecord): FollowedWrite {
    return this.#memory.create({ content: text });
  }

  set(key: string, value: string): void {
    const known = this.#tool.get(key);
    const write = this.#tools;
    const saved =
      known === undefined
        ? write.create({ tool: key, state: value }).then(({ id }) => id)
        : known.then((id) => write.update(id, { state: value }).then(() => id));
    if (known === undefined) this.#tool.set(key, saved);
    saved.catch((error) => this.#failed(error));
  }

  get(key: string): string | undefined {
    return this.#shown.get(key);
  }

  get size(): number {
    return this.#shown.size;
  }

  onChange(listener: () => void): () => void {
    const stops = [this.#memory.watch(listener), this.#tools.watch(listener)];
    return () => {
      for (const stop of stops) stop();
    };
  }

  async contents(): Promise<ReadonlyMap<string, string>> {
    if (this.#failure !== undefined) throw this.#failure;
    const items = await readAll((query) => this.#memory.list(query));
    const states = await readAll((query) => this.#tools.list(query));
    return new Map([...items.map(ofItem), ...states.map(ofTool)]);
  }

  acked(): Promise<void> {
    return this.#mesh.acked();
  }

  synced(): Promise<void> {
    return untilSynced(this.#mesh);
  }

  async close(): Promise<void> {}

  #keep<View>(
    changes: readonly CollectionChange<View>[],
    entryOf: (view: View) => [string, string],
  ): void {
    for (const { record } of changes) {
      if (record !== undefined) this.#shown.set(...entryOf(record));
    }
  }

  #failed(error: unknown): void {
    this.#failure ??= error;
  }
}

function ofItem({ content }: MemoryItem): [string, string] {
  return [idOf(content), content];
}

function ofTool({ tool, state }: ToolState): [string, string] {
  return [tool, state as string];
}

async function readAll<View extends RecordView>(
  list: (query: ListQuery) => Promise<readonly View[]>,
): Promise<readonly View[]> {
  const all: View[] = [];
  for (;;) {
    const last = all.at(-1);
    const page = await list({ limit: PAGE, ...(last === undefined ? {} : { before: last }) });
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

function untilSynced(mesh: Mesh): Promise<void> {
  if (mesh.status.synced) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = mesh.onStatus(({ synced }) => {
      if (!synced) return;
      stop();
      resolve();
    });
  });
}
