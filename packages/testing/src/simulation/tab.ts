import type { AgentIdentity, Mesh } from '@mnemesh/core';
import {
  AttachedClient,
  attachedMesh,
  type Holder,
  HolderConnection,
  holderLimits,
  type Joined,
  localChannels,
} from '@mnemesh/holder';
import type { MeshId } from '@mnemesh/protocol';
import type { SimulatedRuntime } from '../simulated-runtime.js';

/** Virtual milliseconds between two looks for whoever holds the replica. */
const LOOK_MS = 40;

export interface TabOptions {
  readonly mesh: MeshId;
  readonly agent: AgentIdentity;
  readonly runtime: SimulatedRuntime;
  /** Of the process that has the replica open now, if one does. */
  readonly holder: () => Holder | undefined;
}

type Hello = ReturnType<AttachedClient['hello']>;

/**
 * A session that goes through whoever holds its device's replica, as a tab does, or a second process. It
 * outlives that one: what it asked and did not hear of is asked of the next.
 */
export class Tab {
  readonly mesh: Mesh;
  readonly #runtime: SimulatedRuntime;
  readonly #cut: () => void;

  private constructor(mesh: Mesh, runtime: SimulatedRuntime, cut: () => void) {
    this.mesh = mesh;
    this.#runtime = runtime;
    this.#cut = cut;
  }

  static async open({ mesh, agent, runtime, holder }: TabOptions): Promise<Tab> {
    let cut = (): void => undefined;
    const join = async (hello: Hello): Promise<Extract<Joined, { kind: 'attached' }>> => {
      for (;;) {
        const held = holder();
        const connection = held === undefined ? undefined : await connect(held, hello);
        if (connection !== undefined) return { kind: 'attached', connection };
        await new Promise<void>((resolve) => runtime.after(LOOK_MS, resolve));
      }
    };
    const connect = (held: Holder, hello: Hello): Promise<HolderConnection | undefined> =>
      HolderConnection.open(
        (options) => {
          const [near, far] = localChannels();
          const channel = near(options);
          cut = () => channel.destroy();
          if (!held.accept(far)) channel.destroy();
          return channel;
        },
        { hello, runtime, limits: holderLimits },
      );
    const client = new AttachedClient({
      mesh,
      agent: agent.name,
      join,
      runtime,
      limits: holderLimits,
    });
    client.begin((await join(client.hello())).connection);
    return new Tab(attachedMesh(mesh, agent, client), runtime, () => cut());
  }

  /** Whoever held the replica was killed. */
  cut(): void {
    this.#cut();
  }

  /** Ends it in this moment: nothing it awaits ever resolves. */
  kill(): void {
    this.#runtime.kill();
    this.#cut();
  }

  /** Ends it in order, while somebody holds the replica. */
  async close(): Promise<void> {
    await this.mesh.close();
    this.#runtime.kill();
  }
}
