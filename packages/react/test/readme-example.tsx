import { MeshProvider, type MeshProviderProps, useMesh, useTasks } from '../src/index.js';

function OpenTasks() {
  const mesh = useMesh();
  const { data, error } = useTasks({ state: 'submitted' });
  if (error !== undefined) return error.message;
  return data?.map(({ id, title }) => (
    <button key={id} type="button" onClick={() => void mesh.tasks.complete(id)}>
      {title}
    </button>
  ));
}

export function App({ mesh }: MeshProviderProps) {
  return (
    <MeshProvider mesh={mesh}>
      <OpenTasks />
    </MeshProvider>
  );
}
