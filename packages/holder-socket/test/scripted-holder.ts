import { mkdirSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { Mesh } from '@mnemesh/core';
import type { HolderLimits } from '@mnemesh/holder';
import { onTestFinished } from 'vitest';
import { agentNamed, openAt, placeOf, temporaryPlace } from './shared-place.js';

export interface Said {
  readonly type: string;
  readonly id?: number;
  readonly method?: string;
  readonly args?: readonly unknown[];
  readonly [field: string]: unknown;
}

/** A holder that welcomes everybody, does nothing, and answers what the test says. */
export class ScriptedHolder {
  /** What guests said, in order. */
  readonly said: Said[] = [];
  readonly #agent: string;
  #socket: Socket | undefined;
  #bytes = Buffer.alloc(0);
  #heard: () => void = () => undefined;

  private constructor(agent: string) {
    this.#agent = agent;
  }

  /** One that listens, and a mesh attached to it. */
  static async start(
    limits: Partial<HolderLimits> = {},
  ): Promise<{ readonly holder: ScriptedHolder; readonly mesh: Mesh }> {
    const data = await temporaryPlace();
    const { path, directory } = placeOf(data);
    mkdirSync(directory as string, { recursive: true, mode: 0o700 });
    const holder = new ScriptedHolder((await agentNamed('planner')).id);
    const server = createServer((socket) => holder.#accept(socket));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    const mesh = await openAt(data, 'planner', { limits, startHolder: async () => undefined });
    onTestFinished(() => {
      holder.answerAll();
      holder.#socket?.destroy();
      server.close();
    });
    return { holder, mesh };
  }

  get calls(): readonly Said[] {
    return this.said.filter(({ type }) => type === 'call');
  }

  say(message: object | string): void {
    const body = Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));
    const header = Buffer.alloc(4);
    header.writeUInt32BE(body.length);
    this.#socket?.write(Buffer.concat([header, body]));
  }

  answer(call: Said, value?: unknown): void {
    this.say({ type: 'answer', id: call.id, value });
  }

  /** So that a mesh can close: from now on everything is answered at once. */
  answerAll(): void {
    for (const call of this.calls) this.answer(call);
    this.#heard = () => {
      const last = this.said.at(-1);
      if (last?.type === 'call') this.answer(last);
    };
  }

  /** As `kill -9` would. */
  die(): void {
    this.#socket?.destroy();
  }

  /** The n-th message of this type, counted from 0. */
  async hears(type: string, n = 0): Promise<Said> {
    for (;;) {
      const found = this.said.filter((said) => said.type === type)[n];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  #accept(socket: Socket): void {
    this.#socket = socket;
    this.#bytes = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => this.#take(chunk));
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length >= 4 && this.#bytes.length >= 4 + this.#bytes.readUInt32BE(0)) {
      const end = 4 + this.#bytes.readUInt32BE(0);
      const said = JSON.parse(this.#bytes.toString('utf8', 4, end)) as Said;
      this.#bytes = this.#bytes.subarray(end);
      this.said.push(said);
      if (said.type === 'hello') this.#welcome();
      this.#heard();
    }
  }

  #welcome(): void {
    this.say({
      type: 'welcome',
      pid: 1,
      agent: this.#agent,
      session: '00112233445566ff',
      namespaces: { memory: 'shared/memory', tasks: 'shared/tasks', tools: 'shared/tools' },
      status: { mesh: 'atlas', replica: '00', transports: [] },
    });
  }
}
