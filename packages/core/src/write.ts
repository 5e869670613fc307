/**
 * One write. Awaiting it waits until it is saved on this device, and gives the record.
 *
 *   const write = mesh.tasks.create({ title: 'Read the design' });
 *   const task = await write; // saved
 *   await write.acked;        // durable on the relay too
 *   await write.synced;       // a relay or peer holds the same state of its segment
 *
 * `acked` stays pending until a relay has it, `synced` until any other end does. Both reject with
 * `closed` when the mesh closes first. Nobody is obliged to look at them.
 */
export class Write<T> implements PromiseLike<T> {
  readonly saved: Promise<T>;
  readonly #stages: Promise<WriteStages>;

  constructor(saved: Promise<Written<T>>) {
    this.saved = saved.then(({ value }) => value);
    this.#stages = saved.then(({ stages }) => stages);
    this.#stages.catch(() => undefined);
    this.saved.catch(() => undefined);
  }

  /** Durable on the relay. */
  get acked(): Promise<void> {
    return this.#stages.then((stages) => stages.acked());
  }

  /** Some other end holds the same state of this write's segment. */
  get synced(): Promise<void> {
    return this.#stages.then((stages) => stages.synced());
  }

  // biome-ignore lint/suspicious/noThenProperty: awaiting a write means awaiting that it is saved
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.saved.then(fulfilled, rejected);
  }
}

/** What a write gave once it was saved, and what becomes of it. */
export interface Written<T> {
  readonly value: T;
  readonly stages: WriteStages;
}

export interface WriteStages {
  acked(): Promise<void>;
  synced(): Promise<void>;
}

/** Several writes as one: saved, acked and synced when all of them are. */
export function allOf<One, T>(
  writes: Promise<readonly Write<One>[]>,
  value: (saved: readonly One[]) => T,
): Write<T> {
  const run = async (): Promise<{ readonly value: T; readonly stages: WriteStages }> => {
    const all = await writes;
    const saved = await Promise.all(all);
    const every = async (stage: (write: Write<One>) => Promise<void>): Promise<void> => {
      await Promise.all(all.map(stage));
    };
    const stages: WriteStages = {
      acked: () => every((write) => write.acked),
      synced: () => every((write) => write.synced),
    };
    return { value: value(saved), stages };
  };
  return new Write(run());
}
