import { type Cancel, closeCodes, type Runtime } from '@mnemesh/protocol';
import type { RawData, WebSocket } from 'ws';
import { type SignalingLimits, signalingLimits } from './signaling-limits.js';
import { parseSignalingMessage, type SignalingMessage } from './signaling-message.js';

export interface SignalingServerOptions {
  readonly runtime: Pick<Runtime, 'now' | 'after'>;
  readonly limits?: Partial<SignalingLimits>;
}

/** What a server has met since it started. */
export interface SignalingCounters {
  readonly published: number;
  readonly malformed: number;
  /** Messages and subscriptions beyond a limit. */
  readonly refused: number;
  readonly slowReaders: number;
}

export interface SignalingStatus {
  readonly links: number;
  readonly topics: number;
  readonly counters: SignalingCounters;
}

interface Client {
  readonly socket: WebSocket;
  readonly topics: Set<string>;
  second: number;
  inSecond: number;
  heard: boolean;
}

/**
 * Lets peers find each other: hands each message to everybody who subscribed to its topic, and keeps none. Speaks
 * the plain protocol of y-webrtc, so that any client of it is served.
 */
export class SignalingServer {
  readonly #runtime: SignalingServerOptions['runtime'];
  readonly #limits: SignalingLimits;
  readonly #clients = new Set<Client>();
  readonly #topics = new Map<string, Set<Client>>();
  readonly #counters = { published: 0, malformed: 0, refused: 0, slowReaders: 0 };
  #sweep: Cancel | undefined;
  #closed = false;

  constructor({ runtime, limits }: SignalingServerOptions) {
    this.#runtime = runtime;
    this.#limits = { ...signalingLimits, ...limits };
  }

  /** Bytes of the longest message; a socket should be given no longer one. */
  get messageBytes(): number {
    return this.#limits.messageBytes;
  }

  status(): SignalingStatus {
    const counters = { ...this.#counters };
    return { links: this.#clients.size, topics: this.#topics.size, counters };
  }

  accept(socket: WebSocket): void {
    socket.on('error', () => undefined);
    if (this.#closed || this.#clients.size >= this.#limits.links) {
      socket.close(closeCodes.overloaded, 'This server has as many links as it can keep.');
      return;
    }
    const client = { socket, topics: new Set<string>(), second: 0, inSecond: 0, heard: true };
    this.#clients.add(client);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      client.heard = true;
      this.#received(client, isBinary ? undefined : String(data));
    });
    socket.on('pong', () => {
      client.heard = true;
    });
    socket.on('close', () => this.#left(client));
    this.#keepSweeping();
  }

  /** Tells every client that it ends. Idempotent. */
  close(): void {
    this.#closed = true;
    this.#sweep?.();
    for (const { socket } of [...this.#clients])
      socket.close(closeCodes.goingAway, 'This server is closing.');
  }

  #received(client: Client, text: string | undefined): void {
    // What was on its way when it was dropped.
    if (!this.#clients.has(client)) return;
    const message = text === undefined ? undefined : parseSignalingMessage(text, this.#limits);
    if (message === undefined) {
      this.#counters.malformed++;
      this.#drop(client, closeCodes.badFrame, 'A message is none of the signaling protocol.');
    } else if (this.#isTooFast(client)) this.#counters.refused++;
    else this.#handle(client, message);
  }

  #handle(client: Client, message: SignalingMessage): void {
    switch (message.type) {
      case 'ping':
        this.#send(client, '{"type":"pong"}');
        return;
      case 'subscribe':
        for (const topic of message.topics) this.#subscribe(client, topic);
        return;
      case 'unsubscribe':
        for (const topic of message.topics) this.#unsubscribe(client, topic);
        return;
      case 'publish':
        this.#publish(message.topic, message.text);
    }
  }

  #subscribe(client: Client, topic: string): void {
    const subscribed = this.#topics.get(topic) ?? new Set();
    if (subscribed.has(client)) return;
    const { linkTopics, topicLinks } = this.#limits;
    if (client.topics.size >= linkTopics || subscribed.size >= topicLinks) {
      this.#counters.refused++;
      return;
    }
    client.topics.add(topic);
    subscribed.add(client);
    this.#topics.set(topic, subscribed);
  }

  #unsubscribe(client: Client, topic: string): void {
    client.topics.delete(topic);
    const subscribed = this.#topics.get(topic);
    subscribed?.delete(client);
    if (subscribed?.size === 0) this.#topics.delete(topic);
  }

  /** The sender too gets it: the plain protocol counts it among the receivers. */
  #publish(topic: string, message: string): void {
    const subscribed = this.#topics.get(topic);
    if (subscribed === undefined) return;
    this.#counters.published++;
    // Of two members of one name the last one counts.
    const text = `${message.slice(0, -1)},"clients":${subscribed.size}}`;
    for (const client of [...subscribed]) this.#send(client, text);
  }

  #send(client: Client, text: string): void {
    const { socket } = client;
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > this.#limits.bufferedBytes) {
      this.#counters.slowReaders++;
      this.#left(client);
      socket.terminate();
    } else socket.send(text);
  }

  #drop(client: Client, code: number, reason: string): void {
    this.#left(client);
    client.socket.close(code, reason);
  }

  #left(client: Client): void {
    if (!this.#clients.delete(client)) return;
    for (const topic of [...client.topics]) this.#unsubscribe(client, topic);
  }

  #isTooFast(client: Client): boolean {
    const second = Math.floor(this.#runtime.now() / 1000);
    if (second !== client.second) {
      client.second = second;
      client.inSecond = 0;
    }
    return ++client.inSecond > this.#limits.messagesPerSecond;
  }

  /** One timer for all clients, and none while there are none. */
  #keepSweeping(): void {
    this.#sweep ??= this.#runtime.after(this.#limits.sweepMs, () => {
      this.#sweep = undefined;
      for (const client of [...this.#clients]) this.#look(client);
      if (this.#clients.size > 0 && !this.#closed) this.#keepSweeping();
    });
  }

  #look(client: Client): void {
    if (client.heard) {
      client.heard = false;
      client.socket.ping();
      return;
    }
    this.#left(client);
    client.socket.terminate();
  }
}
