import { answerCalls, faultCalls, formatCalls } from '@mnemesh/testing-browser/page';
import { openMesh } from 'mnemesh';
import { carriedHere, watchConnections } from './watched-connections.js';

type PeerOptions = NonNullable<Parameters<typeof openMesh>[0]['webrtc']>;
type Mesh = Awaited<ReturnType<typeof openMesh>>;

interface Transactions {
  commit(this: Transactions): void;
  abort(): void;
}

const { prototype: transactions } = (
  globalThis as unknown as { readonly IDBTransaction: { readonly prototype: Transactions } }
).IDBTransaction;

interface Asked<T> {
  readonly result: T;
  onsuccess: () => void;
  onerror: () => void;
}

interface Databases {
  open(name: string): Asked<{
    transaction(name: string): { objectStore(name: string): { count(): Asked<number> } };
    close(): void;
  }>;
}

function settled<T>(asked: Asked<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(new Error('not read'));
  });
}

let mesh: Mesh | undefined;
let editor: Awaited<ReturnType<Mesh['prose']['open']>> | undefined;
const told = new Set<string>();

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

const page = {
  ...faultCalls,
  ...formatCalls,
  openStored: async (storage: 'indexeddb' | 'y-indexeddb') => {
    // An option of browsers: the types are those of Node.
    const inBrowser: object = { storage };
    mesh = await openMesh({ mesh: 'team', agent: 'tab', ...inBrowser });
  },
  /** @param relay null for none */
  open: async (relay: string | null = null, webrtc?: PeerOptions) => {
    mesh = await openMesh({
      mesh: 'team',
      agent: 'tab',
      ...(relay === null ? {} : { relay }),
      ...(webrtc === undefined ? {} : { webrtc }),
    });
    return mesh.agent.id;
  },
  openAs: async (agent: string, relay?: string, offline = false) => {
    // An option of browsers: the types are those of Node.
    const inBrowser: object = { offline };
    const linked = relay === undefined ? {} : { relay };
    mesh = await openMesh({ mesh: 'team', agent, ...linked, ...inBrowser });
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
  rememberAbout: async (topic: string, content: string) => {
    await opened().memory.create({ topic, content });
  },
  conflicts: async () => (await opened().conflicts.list()).length,
  /** Milliseconds that a change takes to be saved. */
  timeToPrioritize: async (id: never, priority: never) => {
    const began = performance.now();
    await opened().tasks.update(id, { priority });
    return performance.now() - began;
  },
  /** What a change gives whoever makes it. */
  rename: async (id: never, title: string) => {
    const { priority, ...task } = await opened().tasks.update(id, { title });
    return { title: task.title, priority };
  },
  conflictsOf: async (id: never) => (await opened().tasks.get(id))?.conflicts.length,
  contents: async () =>
    (await opened().memory.list({ limit: 100 })).map(({ content }) => content).sort(),
  count: () => opened().memory.count(),
  task: async (id: never) => {
    const { title, priority } = (await opened().tasks.get(id)) ?? {};
    return { title, priority };
  },
  recall: async (query: string) =>
    (await opened().recall(query)).hits.map(({ text, uri }) => ({ text, uri })),
  /** Opens a prose document in an editor of this page. */
  edit: async (id: never) => {
    editor = await opened().prose.open(id);
  },
  /** Types at an offset, as a binding of an editor does. Resolves once it is saved. */
  type: async (at: number, text: string) => {
    editor?.content.insert(at, text);
    await editor?.saved;
  },
  shown: () => editor?.text(),
  status: () => opened().status,
  carried: carriedHere,
  setOffline: (offline: boolean) => opened().setOffline(offline),
  session: () => opened().session,
  /** Keeps a list of what was told of memory items, without ever asking. */
  watch: () => {
    opened().memory.watch((changes) => {
      for (const { record } of changes) if (record !== undefined) told.add(record.content);
    });
  },
  told: () => [...told].sort(),
  /** Milliseconds that a write takes to be saved. */
  timeToRemember: async (content: string) => {
    const began = performance.now();
    await opened().memory.create({ content });
    return performance.now() - began;
  },
  /** Milliseconds until a read shows what was written just before. */
  timeToShow: async (content: string) => {
    const began = performance.now();
    await opened().memory.create({ content });
    const items = await opened().memory.list({ limit: 100 });
    if (!items.some((item) => item.content === content)) throw new Error('It is not shown.');
    return performance.now() - began;
  },
  /** How much the tabs of this site have promised and not done. */
  kept: async () => {
    const { indexedDB } = globalThis as never as { readonly indexedDB: Databases };
    const database = await settled(indexedDB.open('mnemesh-intents/team'));
    const count = await settled(database.transaction('intents').objectStore('intents').count());
    database.close();
    return count;
  },
  busy: (ms: number) => {
    const end = Date.now() + ms;
    while (Date.now() < end);
  },
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

watchConnections();
answerCalls(page);
