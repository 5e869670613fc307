import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameOf,
  type FrameType,
  type MeshId,
  type Namespace,
  PROTOCOL_VERSION,
  type ReplicaId,
  type SegmentName,
  toHex,
} from '@mnemesh/protocol';
import { SegmentDocument } from '@mnemesh/segment';
import { WebSocket } from 'ws';

/** Plays by the rules, in frames written out by hand, and notices when the relay does not. */
export class HealthyReplica {
  readonly #socket: WebSocket;
  readonly #document: SegmentDocument;
  readonly #frames: Frame[] = [];
  #wake: () => void = () => {};
  #pushes = 0;

  private constructor(socket: WebSocket, client: number) {
    this.#socket = socket;
    this.#document = new SegmentDocument('healthy', client);
    socket.binaryType = 'arraybuffer';
    socket.on('message', (data: ArrayBuffer) => {
      const frame = decodeFrame(new Uint8Array(data, 1));
      if (frame.type !== 'unknown') this.#frames.push(frame);
      this.#wake();
    });
    socket.on('close', (code, reason) => {
      this.#closed = `${code} ${reason.toString()}`;
      this.#wake();
    });
    socket.on('error', () => {});
  }

  #closed: string | undefined;

  /** Links to the relay and is admitted. */
  static async join(url: string, mesh: string, client: number): Promise<HealthyReplica> {
    const socket = new WebSocket(`${url}/mesh`, { perMessageDeflate: false });
    const replica = new HealthyReplica(socket, client);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve());
      socket.once('error', reject);
    });
    const id = toHex(new Uint8Array(16).fill(client));
    replica.#send({
      type: 'hello',
      protocol: PROTOCOL_VERSION,
      mesh: mesh as MeshId,
      replica: id as ReplicaId,
      opened: { counter: 1, nonce: id },
      agents: [],
      grants: [],
    });
    replica.#send({ type: 'subscribe', globs: ['healthy/**'], cursor: undefined });
    await replica.next('resumed');
    replica.#send({
      type: 'introduce',
      document: 1,
      namespace: 'healthy/room' as Namespace,
      segment: '0' as SegmentName,
    });
    return replica;
  }

  /** Pushes one element and waits until the relay holds it durably. */
  async write(text: string): Promise<void> {
    const change = this.#document.edit([new TextEncoder().encode(text)], []);
    if (change === undefined) throw new Error('nothing was written');
    const number = ++this.#pushes;
    this.#send({ type: 'push', number, document: 1, update: change.update });
    for (;;) {
      const { received } = await this.next('durable');
      if (received >= number) return;
    }
  }

  /** Waits for a forwarded push, and returns the elements the document then has. */
  async read(): Promise<readonly string[]> {
    const { update } = await this.next('push');
    if (this.#document.apply(update).gap) throw new Error('a forwarded push left a gap');
    return [...this.#document.elements()].map(({ element }) => new TextDecoder().decode(element));
  }

  /** The next frame of this type; others before it are passed over. @throws when the link closes first */
  async next<T extends FrameType>(type: T): Promise<FrameOf<T>> {
    for (;;) {
      const frame = this.#frames.shift();
      if (frame?.type === type) return frame as unknown as FrameOf<T>;
      if (frame !== undefined) continue;
      if (this.#closed !== undefined) throw new Error(`the relay closed the link: ${this.#closed}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async leave(): Promise<void> {
    if (this.#closed !== undefined) return;
    const closed = new Promise((resolve) => this.#socket.once('close', resolve));
    this.#socket.close(1000);
    await closed;
  }

  #send(frame: Frame): void {
    this.#socket.send(Uint8Array.of(120, ...encodeFrame(frame)));
  }
}
