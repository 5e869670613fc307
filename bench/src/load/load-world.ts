import { join } from 'node:path';
import type { Client, ClientDocument } from '../clients/client.js';
import { openClient } from '../clients/index.js';
import type { LoadPlace } from './messages.js';

/** Milliseconds in which a client must say that it is synced. */
const CONNECT_MS = 60_000;

export interface OpenDocument {
  readonly client: Client;
  readonly document: ClientDocument;
}

/** What the steps of a scenario share: clients of the subject under load. */
export class LoadWorld {
  readonly #place: LoadPlace;
  #clients = 0;

  constructor(place: LoadPlace) {
    this.#place = place;
  }

  get url(): string {
    return this.#place.url;
  }

  /** A fresh client, offline. */
  client(url = this.#place.url): Promise<Client> {
    const name = `client-${process.pid}-${++this.#clients}`;
    const directory = join(this.#place.directory, name);
    return openClient[this.#place.client]({ url, directory, name });
  }

  /** A fresh client with one document open, online. */
  async online(name: string, url?: string): Promise<OpenDocument> {
    const client = await this.client(url);
    const document = await client.open(name);
    await connected(client);
    return { client, document };
  }
}

/** Connects a client. @throws when it is not synced in time */
export async function connected(client: Client): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`A client did not sync in ${CONNECT_MS / 1000} seconds.`)),
      CONNECT_MS,
    );
  });
  try {
    await Promise.race([client.connect(), late]);
  } finally {
    clearTimeout(timer);
  }
}
