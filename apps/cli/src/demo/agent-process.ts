import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type {
  AgentCommands,
  AgentMessage,
  AgentPlace,
  AgentRequest,
  CommandName,
} from './agent-commands.js';

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** One agent in a process of its own, driven over its message channel. */
export class AgentProcess {
  static readonly #live = new Set<AgentProcess>();
  readonly place: AgentPlace;
  /** Ids of records that the process reported as saved. */
  readonly saved: string[] = [];
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  readonly #gone: Promise<void>;
  #requests = 0;
  #onSaved: () => void = () => undefined;

  private constructor(place: AgentPlace) {
    this.place = place;
    this.#child = fork(fileURLToPath(new URL('./agent.js', import.meta.url)), {
      // Ctrl-C reaches the whole group; the agent ends when its parent closes it or goes away.
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    AgentProcess.#live.add(this);
    this.#child.on('message', (message: AgentMessage) => this.#received(message));
    this.#gone = Promise.all([once(this.#child, 'exit'), once(this.#child, 'disconnect')]).then(
      () => this.#ended(),
    );
  }

  static async open(place: AgentPlace): Promise<AgentProcess> {
    const agent = new AgentProcess(place);
    await agent.ask('open', place);
    return agent;
  }

  /** Ends every agent at once, whatever it is doing. */
  static async killAll(): Promise<void> {
    await Promise.all([...AgentProcess.#live].map((agent) => agent.kill()));
  }

  get name(): string {
    return this.place.agent;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  ask<Name extends CommandName>(
    command: Name,
    input: AgentCommands[Name]['input'],
  ): Promise<AgentCommands[Name]['output']> {
    const request: AgentRequest = { id: ++this.#requests, command, input };
    return new Promise((resolve, reject) => {
      this.#waiting.set(request.id, { resolve: resolve as (output: unknown) => void, reject });
      this.#child.send(request, (error) => {
        if (error !== null) this.#settle(request.id, { error: error.message });
      });
    });
  }

  /** Resolves when the process has reported so many records as saved. */
  async savedAtLeast(count: number): Promise<void> {
    while (this.saved.length < count) {
      await new Promise<void>((resolve) => {
        this.#onSaved = resolve;
      });
    }
  }

  /** `kill -9`: the process gets no chance to do anything more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    await this.ask('close', {});
    this.#child.disconnect();
    await this.#gone;
  }

  #received(message: AgentMessage): void {
    if ('saved' in message) {
      this.saved.push(message.saved);
      this.#onSaved();
    } else {
      this.#settle(message.id, message);
    }
  }

  #settle(id: number, answer: { readonly output?: unknown; readonly error?: string }): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (answer.error === undefined) waiting?.resolve(answer.output);
    else waiting?.reject(new Error(`${this.name}: ${answer.error}`));
  }

  #ended(): void {
    AgentProcess.#live.delete(this);
    this.#onSaved();
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { error: 'the process ended' });
  }
}
