import { openMesh } from '@mnemesh/open-mesh';
import { answerCalls } from '@mnemesh/testing-browser/page';
import { createElement, type ReactNode, StrictMode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import {
  MeshProvider,
  useMemory,
  usePresence,
  useRecall,
  useStatus,
  useTasks,
} from '../src/index.js';

type Mesh = Awaited<ReturnType<typeof openMesh>>;

function List({
  name,
  texts,
}: {
  readonly name: string;
  readonly texts: readonly string[];
}): ReactNode {
  return createElement(
    'ul',
    { id: name },
    texts.map((text) => createElement('li', { key: text }, text)),
  );
}

function Recalled(): ReactNode {
  const [query, setQuery] = useState('');
  const { data } = useRecall(query);
  return [
    createElement('input', {
      key: 'query',
      value: query,
      onChange: (event: { readonly target: { readonly value: string } }) =>
        setQuery(event.target.value),
    }),
    createElement(List, {
      key: 'hits',
      name: 'hits',
      texts: data?.hits.map(({ text }) => text) ?? [],
    }),
  ];
}

function Console(): ReactNode {
  const { synced } = useStatus();
  const items = useMemory().data?.map(({ content }) => content) ?? [];
  const tasks = useTasks().data?.map(({ title, status }) => `${title}: ${status}`) ?? [];
  const present = usePresence().data?.map(({ name }) => name) ?? [];
  return createElement(
    'main',
    { 'data-synced': synced },
    createElement(List, { name: 'items', texts: items }),
    createElement(List, { name: 'tasks', texts: tasks }),
    createElement(List, { name: 'present', texts: present }),
    createElement(Recalled),
  );
}

const root = createRoot(document.body.appendChild(document.createElement('div')));
let mesh: Mesh | undefined;

function opened(): Mesh {
  if (mesh === undefined) throw new Error('No mesh is open in this page.');
  return mesh;
}

answerCalls({
  open: async (agent: string, relay: string) => {
    mesh = await openMesh({ mesh: 'team', agent, relay });
    const provider = createElement(MeshProvider, { mesh }, createElement(Console));
    root.render(createElement(StrictMode, null, provider));
  },
  remember: async (content: string) => {
    await opened().memory.create({ content });
  },
  addTask: async (title: string) => (await opened().tasks.create({ title })).id,
  complete: async (id: never) => {
    await opened().tasks.complete(id);
  },
  setOffline: (offline: boolean) => opened().setOffline(offline),
  /** The page goes on after the mesh closed, and is taken away then. */
  close: async () => {
    await opened().close();
    root.unmount();
  },
});
