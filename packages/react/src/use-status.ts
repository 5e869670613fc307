import type { Mesh, MeshStatus } from '@mnemesh/core';
import { useMemo, useSyncExternalStore } from 'react';
import { keepSame } from './answer.js';
import { useMesh } from './mesh-provider.js';

/** What each mesh said last: it makes a new object whenever it is asked. */
const lastSaid = new WeakMap<Mesh, MeshStatus>();

/** What this replica has saved, what the relay has acked, and who it is linked with, as it changes. */
export function useStatus(): MeshStatus {
  const mesh = useMesh();
  const [subscribe, read] = useMemo(
    () => [(changed: () => void) => mesh.onStatus(changed), () => statusOf(mesh)] as const,
    [mesh],
  );
  return useSyncExternalStore(subscribe, read, read);
}

function statusOf(mesh: Mesh): MeshStatus {
  const status = keepSame(lastSaid.get(mesh), mesh.status);
  lastSaid.set(mesh, status);
  return status;
}
