import { importYIndexedDb, openMesh } from '@mnemesh/open-mesh-browser';
import { answerCalls, faultCalls } from '@mnemesh/testing-browser/page';
import { IndexeddbPersistence } from 'y-indexeddb';
import { Doc, Map as YMap } from 'yjs';

type Mesh = Awaited<ReturnType<typeof openMesh>>;

let mesh: Mesh | undefined;

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

/** What a program that knows nothing of meshes does with its document. */
async function inProgram(change: (doc: Doc) => void): Promise<void> {
  const doc = new Doc();
  const persistence = new IndexeddbPersistence('notes', doc);
  await persistence.whenSynced;
  doc.transact(() => change(doc));
  await persistence.destroy();
}

const changes: Readonly<Record<string, (doc: Doc) => void>> = {
  first: (doc) => {
    doc.getMap('settings').set('theme', 'dark');
    doc.getMap('settings').set('limits', { tokens: 5 });
    doc.getMap('settings').set('nothing', '');
    const person = new YMap([['name', 'Ada']]);
    doc.getArray('people').push([person, 'Grace', new Uint8Array([1])]);
    doc.getText('draft').insert(0, 'Ship on Friday.');
    doc.getArray('empty').push([]);
  },
  second: (doc) => {
    doc.getMap('settings').set('theme', 'light');
    doc.getArray('people').insert(0, ['Linus']);
    (doc.getArray<YMap<string>>('people').get(1) as YMap<string>).set('born', '1815');
  },
  back: (doc) => {
    doc.getMap('settings').set('theme', 'dark');
  },
};

answerCalls({
  ...faultCalls,
  open: async (name: string) => {
    mesh = await openMesh({ mesh: name, agent: 'tab' });
  },
  close: () => opened().close(),
  program: (name: string) => inProgram(changes[name] as (doc: Doc) => void),
  import: (database: string) => importYIndexedDb(opened(), { database }),
  current: async () =>
    (await opened().memory.list({ superseded: false, limit: 100 }))
      .map(({ content }) => content)
      .sort(),
  ids: async () => (await opened().memory.list({ limit: 100 })).map(({ id }) => id).sort(),
  forget: async (content: string) => {
    const items = await opened().memory.list({ limit: 100 });
    const item = items.find((one) => one.content === content);
    if (item !== undefined) await opened().memory.forget(item.id);
  },
});
