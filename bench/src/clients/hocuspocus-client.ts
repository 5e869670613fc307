import type { Client, ClientDocument, ClientPlace } from './client.js';
import {
  type HocuspocusDoor,
  type HocuspocusProvider,
  type HocuspocusSocket,
  openDoor,
} from './doors.js';
import { YRecords } from './y-document.js';

/** Documents opening at once on one socket; of more than the server's 100 pending ones the socket dies. */
const OPENING_DOCUMENTS = 64;

/** Hocuspocus' own provider: all documents of a client share one socket. */
export async function hocuspocusClient(place: ClientPlace): Promise<Client> {
  return new HocuspocusClient(await openDoor('hocuspocus'), place.url);
}

class HocuspocusClient implements Client {
  readonly #door: HocuspocusDoor;
  readonly #socket: HocuspocusSocket;
  readonly #documents = new Set<HocuspocusDocument>();
  #online = false;

  constructor(door: HocuspocusDoor, url: string) {
    this.#door = door;
    this.#socket = new door.HocuspocusProviderWebsocket({
      url,
      autoConnect: false,
      WebSocketPolyfill: door.WebSocket,
    });
  }

  async open(name: string): Promise<ClientDocument> {
    const document = new HocuspocusDocument(this.#door, this.#socket, name);
    document.doc.on('destroy', () => this.#documents.delete(document));
    this.#documents.add(document);
    if (this.#online) document.provider.attach();
    return document;
  }

  async connect(): Promise<void> {
    this.#online = true;
    // It resolves with the first message of a document, so it cannot be awaited before one is attached.
    const connected = this.#socket.connect();
    const waiting = [...this.#documents];
    const openNext = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        next.provider.attach();
        await next.synced();
      }
    };
    await Promise.all([connected, ...Array.from({ length: OPENING_DOCUMENTS }, openNext)]);
  }

  get sockets(): number {
    return this.#socket.webSocket?.readyState === this.#door.WebSocket.OPEN ? 1 : 0;
  }

  stopReading(): void {
    this.#socket.webSocket?.pause();
  }

  readAgain(): void {
    this.#socket.webSocket?.resume();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#documents].map((document) => document.close()));
    this.#socket.destroy();
  }
}

class HocuspocusDocument extends YRecords implements ClientDocument {
  readonly provider: HocuspocusProvider;

  constructor(door: HocuspocusDoor, websocketProvider: HocuspocusSocket, name: string) {
    super(door.Y);
    this.provider = new door.HocuspocusProvider({ name, document: this.doc, websocketProvider });
  }

  synced(): Promise<void> {
    return this.#until('synced', () => this.provider.isSynced);
  }

  acked(): Promise<void> {
    return this.#until('unsyncedChanges', () => !this.provider.hasUnsyncedChanges);
  }

  async close(): Promise<void> {
    this.provider.destroy();
    this.doc.destroy();
  }

  #until(event: 'synced' | 'unsyncedChanges', reached: () => boolean): Promise<void> {
    if (reached()) return Promise.resolve();
    return new Promise((resolve) => {
      const listener = (): void => {
        if (!reached()) return;
        this.provider.off(event, listener);
        resolve();
      };
      this.provider.on(event, listener);
    });
  }
}
