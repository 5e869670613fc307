import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

/** An unmodified y-websocket client in Node, in a room of its own document. */
export class StockClient {
  readonly document: Y.Doc;
  readonly provider: WebsocketProvider;
  readonly #waiting = new Set<() => void>();

  constructor(url: string, room: string, document = new Y.Doc()) {
    this.document = document;
    this.provider = new WebsocketProvider(url, room, document, {
      WebSocketPolyfill: WebSocket as unknown as typeof globalThis.WebSocket,
      // Clients of one process would else meet beside the relay.
      disableBc: true,
    });
    const wake = (): void => {
      for (const look of [...this.#waiting]) look();
    };
    document.on('update', wake);
    this.provider.awareness.on('change', wake);
    this.provider.on('sync', wake);
    this.provider.on('connection-close', wake);
    onTestFinished(() => this.leave());
  }

  /** In the room, with everything that was there. */
  static async join(url: string, room: string, document?: Y.Doc): Promise<StockClient> {
    const client = new StockClient(url, room, document);
    await client.until(() => client.provider.synced);
    return client;
  }

  get text(): string {
    return this.document.getText('text').toString();
  }

  write(text: string): void {
    this.document.getText('text').insert(this.document.getText('text').length, text);
  }

  /** Ids of the clients whose presence it knows. */
  get present(): readonly number[] {
    return [...this.provider.awareness.getStates().keys()];
  }

  /** Resolves when this holds, which is looked at whenever something has come. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  leave(): void {
    this.provider.destroy();
    this.provider.awareness.destroy();
  }
}
