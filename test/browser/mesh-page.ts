import { answerCalls, faultCalls } from '@mnemesh/testing-browser/page';
import { openMesh } from 'mnemesh';

type PeerOptions = NonNullable<Parameters<typeof openMesh>[0]['webrtc']>;
type Mesh = Awaited<ReturnType<typeof openMesh>>;

interface Transactions {
  commit(this: Transactions): void;
  abort(): void;
}

const { prototype: transactions } = (
  globalThis as unknown as { readonly IDBTransaction: { readonly prototype: Transactions } }
).IDBTransaction;

let mesh: Mesh | undefined;

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

const page = {
  ...faultCalls,
  openStored: async (storage: 'indexeddb' | 'y-indexeddb') => {
    // An option of browsers: the types are those of Node.
    const inBrowser: object = { storage };
    mesh = await openMesh({ mesh: 'team', agent: 'tab', ...inBrowser });
  },
  open: async (relay?: string, webrtc?: PeerOptions) => {
    mesh = await openMesh({
      mesh: 'team',
      agent: 'tab',
      ...(relay === undefined ? {} : { relay }),
      ...(webrtc === undefined ? {} : { webrtc }),
    });
    return mesh.agent.id;
  },
  /** Opens several meshes at once, and closes them. @returns the agent's id in each */
  openAtOnce: async (names: readonly string[]) => {
    const meshes = await Promise.all(names.map((name) => openMesh({ mesh: name, agent: 'tab' })));
    await Promise.all(meshes.map((one) => one.close()));
    return meshes.map(({ agent }) => agent.id);
  },
  /** Resolves once it is saved. */
  remember: async (content: string) => (await opened().memory.create({ content })).id,
  addTask: async (title: string) => (await opened().tasks.create({ title })).id,
  setPriority: async (id: never, priority: never) => {
    await opened().tasks.update(id, { priority });
  },
  contents: async () =>
    (await opened().memory.list({ limit: 100 })).map(({ content }) => content).sort(),
  task: async (id: never) => {
    const { title, priority } = (await opened().tasks.get(id)) ?? {};
    return { title, priority };
  },
  recall: async (query: string) =>
    (await opened().recall(query)).hits.map(({ text, uri }) => ({ text, uri })),
  status: () => opened().status,
  /** The browser gives up the next write of this page. */
  abortNextWrite: () => {
    const { commit } = transactions;
    transactions.commit = function () {
      transactions.commit = commit;
      this.abort();
    };
  },
  close: () => opened().close(),
};

export type MeshPage = typeof page;

answerCalls(page);
