import { backoffDelay, type Transport, type TransportState } from '@mnemesh/core';
import {
  closeCodes,
  isTerminal,
  type Link,
  type LinkAcceptor,
  MnemeshError,
  type Runtime,
  randomFraction,
} from '@mnemesh/protocol';
import * as decoding from 'lib0/decoding';
import { Awareness } from 'y-protocols/awareness';
import { WebsocketProvider } from 'y-websocket';
import { Doc } from 'yjs';
import { platformSocket } from '#platform-socket';
import { CARRIER_TYPE } from './carrier-message.js';
import { type CarrierHost, CarrierSocket, type Closing } from './carrier-socket.js';
import { MESH_ROOM, parseRelayAddress } from './relay-address.js';
import type { SocketClass } from './socket.js';
import { WebsocketLink } from './websocket-link.js';

export interface WebsocketTransportOptions {
  /** As people type it: `ws://127.0.0.1:7700`, `https://relay.example`, `host:port`. */
  readonly url: string;
  readonly runtime: Runtime;
  /** The class that opens sockets: the browser's `WebSocket`, or else that of Node's `ws`. */
  readonly WebSocket?: SocketClass;
}

/** A link to one relay, kept open. @throws MnemeshError `bad_input` for an address nobody could reach */
export function websocketTransport(options: WebsocketTransportOptions): Transport {
  return new WebsocketTransport(
    parseRelayAddress(options.url),
    options.runtime,
    options.WebSocket ?? platformSocket,
  );
}

/**
 * y-websocket's provider carries the link: it opens sockets, reopens them and watches for silence.
 * It is bound to an empty document, and nothing of that document ever leaves.
 */
class WebsocketTransport implements Transport {
  readonly kind = 'relay';
  readonly address: string;
  readonly #runtime: Runtime;
  readonly #document = new Doc();
  readonly #provider: WebsocketProvider;
  /** Sockets that have not ended: the one in use, and those whose close is not answered yet. */
  readonly #sockets = new Set<CarrierSocket>();
  #accept: LinkAcceptor | undefined;
  #changed: (state: TransportState) => void = () => {};
  #state: TransportState = 'offline';
  #offline = false;
  #link: WebsocketLink | undefined;
  #closing: Promise<void> | undefined;

  constructor(address: string, runtime: Runtime, Socket: SocketClass) {
    this.address = address;
    this.#runtime = runtime;
    this.#provider = this.#carrier(Socket);
  }

  get state(): TransportState {
    return this.#state;
  }

  start(accept: LinkAcceptor, changed: (state: TransportState) => void): void {
    if (this.#closing !== undefined) throw new MnemeshError('closed', 'This transport is closed.');
    if (this.#accept !== undefined) throw new Error('a transport starts once');
    this.#accept = accept;
    this.#changed = changed;
    this.#connect();
  }

  admitted(link: Link): void {
    // The provider starts its count of failures afresh only for a connection that synced.
    if (link === this.#link) this.#provider.synced = true;
  }

  setOffline(offline: boolean): void {
    if (this.#offline === offline || this.#closing !== undefined) return;
    this.#offline = offline;
    if (this.#accept === undefined || this.#state === 'refused') return;
    if (offline) {
      this.#disconnect('This replica was set offline.');
      this.#enter('offline');
    } else {
      this.#connect();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  #connect(): void {
    if (this.#offline) return;
    // Somebody asked for this connection, so it does not wait for failures of the past.
    this.#provider.wsUnsuccessfulReconnects = 0;
    this.#enter('connecting');
    this.#provider.connect();
  }

  #disconnect(reason: string): void {
    this.#provider.shouldConnect = false;
    this.#link?.close(closeCodes.normal, reason);
    this.#provider.disconnect();
  }

  async #end(): Promise<void> {
    this.#disconnect('This replica was closed.');
    this.#provider.destroy();
    // Ends the awareness bound to it, and its timer.
    this.#document.destroy();
    if (this.#state !== 'refused') this.#enter('offline');
    await Promise.all([...this.#sockets].map((socket) => socket.ended));
  }

  #carrier(Socket: SocketClass): WebsocketProvider {
    const provider = new WebsocketProvider(this.address, MESH_ROOM, this.#document, {
      connect: false,
      disableBc: true,
      awareness: silentAwareness(this.#document),
      WebSocketPolyfill: carrierClass({
        Socket,
        runtime: this.#runtime,
        delayMs: () => this.#delayMs(),
        created: (socket) => this.#keep(socket),
      }),
      // The whole wait is the jittered one of `#delayMs`.
      maxBackoffTime: 0,
      shouldReconnect: (event) => !isTerminal(event.code),
    });
    // It would only clear awareness states, of which there are none, and one listener for each mesh adds up.
    if (typeof process !== 'undefined') process.off('exit', provider._exitHandler);
    provider.messageHandlers = [];
    provider.messageHandlers[CARRIER_TYPE] = (_reply, decoder) => {
      this.#link?.receive(decoding.readTailAsUint8Array(decoder));
    };
    provider.on('status', ({ status }) => {
      if (status === 'connected') this.#opened();
    });
    provider.on('connection-close', (event) => this.#lost(event));
    provider.on('connection-error', (event) => {
      const error = (event as unknown as { readonly message?: unknown }).message;
      this.#runtime.log('debug', 'The relay was not reached.', { address: this.address, error });
    });
    return provider;
  }

  #delayMs(): number {
    const failures = this.#provider.wsUnsuccessfulReconnects;
    return failures === 0 ? 0 : backoffDelay(failures - 1, randomFraction(this.#runtime));
  }

  #keep(socket: CarrierSocket): void {
    this.#sockets.add(socket);
    void socket.ended.then(() => this.#sockets.delete(socket));
  }

  #opened(): void {
    const socket = this.#provider.ws as unknown as CarrierSocket;
    const link = new WebsocketLink(this.address, socket, this.#runtime.log);
    this.#link = link;
    this.#enter('connected');
    if (this.#accept !== undefined && this.#link === link) link.attach(this.#accept);
  }

  /** @param event null when the provider itself gave the socket up: after a silence, or because we asked */
  #lost(event: Closing | null): void {
    const { code, reason } = event ?? { code: closeCodes.silent, reason: 'The relay fell silent.' };
    const link = this.#link;
    this.#link = undefined;
    if (event === null && link !== undefined) {
      // The provider is in the middle of letting go; being told again would count one loss twice.
      link.socket.onclose = null;
      link.socket.shut(code, reason);
    }
    link?.end(code, reason);
    if (this.#state === 'offline' || this.#closing !== undefined) return;
    if (this.#provider.shouldConnect) this.#enter(isTerminal(code) ? 'refused' : 'connecting');
  }

  #enter(state: TransportState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed(state);
  }
}

type ProviderSocketClass = NonNullable<
  NonNullable<ConstructorParameters<typeof WebsocketProvider>[3]>['WebSocketPolyfill']
>;

/** The provider makes its sockets itself, so it gets a class that knows its host. */
function carrierClass(host: CarrierHost): ProviderSocketClass {
  class HostedSocket extends CarrierSocket {
    constructor(url: string) {
      super(url, host);
    }
  }
  return HostedSocket as unknown as ProviderSocketClass;
}

/** Says nothing of this replica: presence goes through our frames, to those who may see it. */
function silentAwareness(document: Doc): Awareness {
  const awareness = new Awareness(document);
  awareness.setLocalState(null);
  return awareness;
}
