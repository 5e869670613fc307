import type { Channel, ChannelOptions, OpenChannel } from '@mnemesh/holder';
import { MnemeshError, type Runtime } from '@mnemesh/protocol';
import type { Gate } from './gate.js';
import { type Packet, parsePacket } from './packets.js';
import type { TabLimits } from './tab-limits.js';

export interface TabChannelParts {
  /** Of this pair alone. */
  readonly wire: BroadcastChannel;
  readonly limits: TabLimits;
  readonly runtime: Runtime;
  /** At the end of whoever leads. */
  readonly gate?: Gate;
  /** At the end of a guest: nothing was heard of the leader for too long since it was asked. */
  readonly onSilent?: () => void;
  readonly onEnd?: () => void;
}

/** One end of a channel between two tabs. */
export class TabChannel implements Channel {
  readonly open: OpenChannel = (options) => {
    this.#options = options;
    // It may have ended before, when there was nobody to tell.
    if (this.#isOver) queueMicrotask(() => options.ended());
    this.#deliver();
    return this;
  };
  readonly #parts: TabChannelParts;
  #options: ChannelOptions | undefined;
  #arrived: string[] = [];
  #waiting = 0;
  #sent = 0;
  #takenThere = 0;
  #taken = 0;
  #told = 0;
  #isPaused = false;
  #isChecking = false;
  #isDeaf = false;
  #isOver = false;
  #isAsking = false;
  #cancelPatience: () => void = () => undefined;
  #cancelQuiet: () => void = () => undefined;
  #onceRead: (() => void)[] = [];

  constructor(parts: TabChannelParts) {
    this.#parts = parts;
    parts.wire.onmessage = ({ data }) => {
      const packet = parsePacket(data);
      if (packet !== undefined) this.#receive(packet);
    };
    this.#watchQuiet();
  }

  get unread(): number {
    return this.#sent - this.#takenThere;
  }

  /** Was something asked that has not been answered by any sign of life? */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  send(message: object): void {
    if (this.#isOver) return;
    const text = JSON.stringify(message);
    const most = this.#options?.sentBytes ?? 0;
    if (text.length > most) {
      throw new MnemeshError(
        'too_large',
        `This takes ${text.length} bytes between two tabs; at most ${most} pass at once. Ask for fewer records, or write less.`,
      );
    }
    this.#sent += text.length;
    this.#post({ type: 'message', text, asks: this.#beginAsking() });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliver();
  }

  onceRead(run: () => void): void {
    this.#onceRead.push(run);
  }

  close(): void {
    this.#isDeaf = true;
    queueMicrotask(() => this.destroy());
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#post({ type: 'bye' });
    this.#end();
  }

  #receive(packet: Packet): void {
    this.#stopAsking();
    switch (packet.type) {
      case 'message':
        this.#take(packet.text);
        if (packet.asks) this.#tell();
        break;
      case 'ask':
        this.#tell();
        break;
      case 'taken':
        this.#takenThere = packet.bytes;
        for (const run of this.#onceRead.splice(0)) run();
        break;
      case 'bye':
        this.#end();
    }
  }

  #take(text: string): void {
    if (this.#isDeaf) return;
    this.#arrived.push(text);
    this.#waiting += text.length;
    if (this.#waiting > this.#parts.limits.waitingBytes) {
      this.#fail(new MnemeshError('overloaded', `${this.#waiting} bytes wait to be read.`));
    } else this.#deliver();
  }

  #deliver(): void {
    try {
      while (!this.#isPaused && !this.#isDeaf && this.#options !== undefined) {
        const [text] = this.#arrived;
        if (text === undefined) return;
        if (this.#parts.gate?.isCertain === false) {
          this.#check();
          return;
        }
        this.#arrived.shift();
        this.#waiting -= text.length;
        this.#taken += text.length;
        if (this.#taken - this.#told >= this.#parts.limits.toldBytes) this.#tell();
        this.#handOver(text, this.#options);
      }
    } catch (error) {
      this.#fail(
        error instanceof MnemeshError ? error : new MnemeshError('bad_frame', String(error)),
      );
    }
  }

  #handOver(text: string, { received, receivedBytes }: ChannelOptions): void {
    if (text.length > receivedBytes) {
      throw new MnemeshError(
        'too_large',
        `A message of ${text.length} bytes came; at most ${receivedBytes} are taken.`,
      );
    }
    received(JSON.parse(text));
  }

  #check(): void {
    if (this.#isChecking) return;
    this.#isChecking = true;
    const checked = (leads: boolean): void => {
      this.#isChecking = false;
      if (leads) this.#deliver();
      else this.destroy();
    };
    this.#parts.gate?.check().then(checked, () => checked(false));
  }

  #tell(): void {
    this.#told = this.#taken;
    this.#post({ type: 'taken', bytes: this.#taken });
  }

  /** @returns whether what is sent now is to ask for a sign of life */
  #beginAsking(): boolean {
    const { onSilent, limits, runtime } = this.#parts;
    if (onSilent === undefined || this.#isAsking) return false;
    this.#isAsking = true;
    this.#cancelPatience = beingPatient(runtime, limits, {
      again: () => this.#post({ type: 'ask' }),
      silent: onSilent,
    });
    return true;
  }

  #stopAsking(): void {
    this.#isAsking = false;
    this.#cancelPatience();
    this.#watchQuiet();
  }

  #watchQuiet(): void {
    const { onSilent, limits, runtime } = this.#parts;
    this.#cancelQuiet();
    if (onSilent === undefined || this.#isOver) return;
    this.#cancelQuiet = runtime.after(limits.quietMs, () => {
      if (this.#beginAsking()) this.#post({ type: 'ask' });
    });
  }

  #post(packet: Packet): void {
    if (!this.#isOver) this.#parts.wire.postMessage(packet);
  }

  #fail(error: MnemeshError): void {
    this.#isDeaf = true;
    this.#options?.failed(error);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#isDeaf = true;
    this.#arrived = [];
    this.#cancelPatience();
    this.#cancelQuiet();
    this.#parts.wire.close();
    this.#parts.onEnd?.();
    this.#options?.ended();
  }
}

/** Waits for a sign of life; once more when this page was stopped itself, for then the sign may be here already. */
export function beingPatient(
  runtime: Runtime,
  { patienceMs, lateMs }: TabLimits,
  { again, silent }: { readonly again: () => void; readonly silent: () => void },
): () => void {
  let cancel = (): void => undefined;
  const wait = (isLast: boolean): void => {
    const began = runtime.now();
    cancel = runtime.after(patienceMs, () => {
      const late = runtime.now() - began - patienceMs;
      if (isLast || late <= lateMs) return silent();
      again();
      wait(true);
    });
  };
  wait(false);
  return () => cancel();
}
