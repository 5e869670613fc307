import type { WebsocketProvider } from 'y-websocket';
import type { Client, ClientDocument, ClientPlace } from './client.js';
import { openDoor, type YWebsocketDoor } from './doors.js';
import { YRecords } from './y-document.js';

/** Unmodified y-websocket: one provider, and so one socket, for each document. */
export async function yWebsocketClient(place: ClientPlace): Promise<Client> {
  return new YWebsocketClient(await openDoor('y-websocket'), place.url);
}

class YWebsocketClient implements Client {
  readonly #door: YWebsocketDoor;
  readonly #url: string;
  readonly #documents = new Set<YWebsocketDocument>();
  #online = false;

  constructor(door: YWebsocketDoor, url: string) {
    this.#door = door;
    this.#url = url;
  }

  async open(name: string): Promise<ClientDocument> {
    const document = new YWebsocketDocument(this.#door, this.#url, name, this.#online);
    document.doc.on('destroy', () => this.#documents.delete(document));
    this.#documents.add(document);
    return document;
  }

  async connect(): Promise<void> {
    this.#online = true;
    for (const { provider } of this.#documents) provider.connect();
    await Promise.all([...this.#documents].map((document) => document.synced()));
  }

  get sockets(): number {
    return [...this.#documents].filter(({ provider }) => provider.wsconnected).length;
  }

  stopReading(): void {
    for (const { provider } of this.#documents)
      (provider.ws as unknown as { pause(): void }).pause();
  }

  readAgain(): void {
    for (const { provider } of this.#documents)
      (provider.ws as unknown as { resume(): void } | null)?.resume();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#documents].map((document) => document.close()));
  }
}

class YWebsocketDocument extends YRecords implements ClientDocument {
  readonly provider: WebsocketProvider;

  constructor(door: YWebsocketDoor, url: string, name: string, connect: boolean) {
    super(door.Y);
    this.provider = new door.WebsocketProvider(url, name, this.doc, {
      connect,
      disableBc: true,
      WebSocketPolyfill: door.WebSocket as never,
    });
  }

  synced(): Promise<void> {
    if (this.provider.synced) return Promise.resolve();
    return new Promise((resolve) => {
      const listener = (synced: boolean): void => {
        if (!synced) return;
        this.provider.off('sync', listener);
        resolve();
      };
      this.provider.on('sync', listener);
    });
  }

  async close(): Promise<void> {
    this.provider.destroy();
    this.doc.destroy();
  }
}
