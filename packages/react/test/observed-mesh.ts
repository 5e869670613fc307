import type { Mesh } from '@mnemesh/core';

/** What a page asks of a mesh and listens to, as it is seen from between the two. */
export interface ObservedMesh {
  /** The mesh itself: every call is passed on. */
  readonly mesh: Mesh;
  /** Lists of memory and recalls, since the beginning. */
  readonly asked: number;
  /** Watches of memory and status that have not been ended. */
  readonly watching: number;
  /** What is asked from now on gets its answer, the real one, only after the returned function is called. */
  hold(): () => void;
}

export function observe(mesh: Mesh): ObservedMesh {
  let [asked, watching] = [0, 0];
  let gate = Promise.resolve();
  async function held<T>(answer: Promise<T>): Promise<T> {
    asked++;
    const opens = gate;
    try {
      return await answer;
    } finally {
      await opens;
    }
  }
  function counted(end: () => void): () => void {
    watching++;
    return () => {
      watching--;
      end();
    };
  }
  const memory: Partial<Mesh['memory']> = {
    list: (query) => held(mesh.memory.list(query)),
    watch: (listener) => counted(mesh.memory.watch(listener)),
  };
  const calls: Partial<Mesh> = {
    memory: Object.assign(Object.create(mesh.memory) as Mesh['memory'], memory),
    recall: (query, options) => held(mesh.recall(query, options)),
    onStatus: (listener) => counted(mesh.onStatus(listener)),
  };
  return {
    mesh: Object.create(mesh, Object.getOwnPropertyDescriptors(calls)) as Mesh,
    get asked() {
      return asked;
    },
    get watching() {
      return watching;
    },
    hold: () => {
      let release: () => void = () => undefined;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => {
        gate = Promise.resolve();
        release();
      };
    },
  };
}
