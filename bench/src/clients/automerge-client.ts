import { createHash } from 'node:crypto';
import type { BenchRecord } from '../data/records.js';
import type { Client, ClientDocument, ClientPlace } from './client.js';
import {
  type AutomergeAdapter,
  type AutomergeContent,
  type AutomergeDoor,
  type AutomergeHandle,
  type AutomergeRepo,
  openDoor,
} from './doors.js';

/** Who makes the empty document that all begin with, so that replicas that never met share its history. */
const FOUNDER = '00'.repeat(16);
const SOCKET_OPEN = 1;

/** automerge-repo: all documents of a client share one socket. */
export async function automergeClient({ url, name }: ClientPlace): Promise<Client> {
  const door = await openDoor('automerge');
  return new AutomergeClient(door, new door.Repo({ peerId: name }), url);
}

class AutomergeClient implements Client {
  readonly #door: AutomergeDoor;
  readonly #repo: AutomergeRepo;
  readonly #url: string;
  readonly #empty: Uint8Array;
  readonly #documents: AutomergeDocument[] = [];
  #adapter: AutomergeAdapter | undefined;

  constructor(door: AutomergeDoor, repo: AutomergeRepo, url: string) {
    this.#door = door;
    this.#repo = repo;
    this.#url = url;
    this.#empty = emptyDocument(door);
  }

  async open(name: string): Promise<ClientDocument> {
    const binaryId = createHash('sha256').update(name).digest().subarray(0, 16);
    const address = this.#door.stringifyAutomergeUrl({ documentId: new Uint8Array(binaryId) });
    const docId = address.replace('automerge:', '');
    const handle = this.#repo.import(this.#empty, { docId });
    const document = new AutomergeDocument(this.#door, this.#repo, handle);
    this.#documents.push(document);
    return document;
  }

  async connect(): Promise<void> {
    this.#adapter = new this.#door.WebSocketClientAdapter(this.#url);
    this.#repo.networkSubsystem.addNetworkAdapter(this.#adapter);
    await Promise.all(this.#documents.map((document) => document.synced()));
  }

  get sockets(): number {
    return this.#adapter?.socket?.readyState === SOCKET_OPEN ? 1 : 0;
  }

  stopReading(): void {
    this.#adapter?.socket?.pause();
  }

  readAgain(): void {
    this.#adapter?.socket?.resume();
  }

  close(): Promise<void> {
    return this.#repo.shutdown();
  }
}

class AutomergeDocument implements ClientDocument {
  readonly #door: AutomergeDoor;
  readonly #repo: AutomergeRepo;
  readonly #handle: AutomergeHandle;

  constructor(door: AutomergeDoor, repo: AutomergeRepo, handle: AutomergeHandle) {
    this.#door = door;
    this.#repo = repo;
    this.#handle = handle;
  }

  add(record: BenchRecord): void {
    this.addAll([record]);
  }

  addAll(added: readonly BenchRecord[]): void {
    this.#handle.change(({ records }) => {
      for (const { id, text } of added)
        records[id] = new this.#door.Automerge.ImmutableString(text);
    });
  }

  set(key: string, value: string): void {
    this.#handle.change(({ records }) => {
      records[key] = new this.#door.Automerge.ImmutableString(value);
    });
  }

  get(key: string): string | undefined {
    return this.#handle.doc().records[key]?.val;
  }

  get size(): number {
    return Object.keys(this.#handle.doc().records).length;
  }

  onChange(listener: () => void): () => void {
    this.#handle.on('change', listener);
    return () => this.#handle.off('change', listener);
  }

  async contents(): Promise<ReadonlyMap<string, string>> {
    const { records } = this.#handle.doc();
    return new Map(Object.entries(records).map(([key, { val }]) => [key, val]));
  }

  /** The server's heads are this document's: what the server holds, not what it has stored. */
  acked(): Promise<void> {
    if (this.#serverIsHere()) return Promise.resolve();
    return new Promise((resolve) => {
      const listener = (): void => {
        if (!this.#serverIsHere()) return;
        this.#handle.off('remote-heads', listener);
        this.#handle.off('change', listener);
        resolve();
      };
      this.#handle.on('remote-heads', listener);
      this.#handle.on('change', listener);
    });
  }

  synced(): Promise<void> {
    return this.acked();
  }

  async close(): Promise<void> {}

  #serverIsHere(): boolean {
    const own = [...this.#handle.heads()].sort().join();
    return this.#repo.peers.some((peer) => {
      const storage = this.#repo.getStorageIdOfPeer(peer);
      const heads =
        storage === undefined ? undefined : this.#handle.getSyncInfo(storage)?.lastHeads;
      return heads !== undefined && [...heads].sort().join() === own;
    });
  }
}

function emptyDocument({ Automerge }: AutomergeDoor): Uint8Array {
  const empty = Automerge.init<AutomergeContent>({ actor: FOUNDER });
  return Automerge.save(
    Automerge.change(empty, { time: 0 }, (content) => {
      content.records = {};
    }),
  );
}
