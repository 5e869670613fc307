import type { Mesh } from '@mnemesh/core';
import { describeMesh, type MeshBench } from '@mnemesh/testing';
import { openAt, temporaryPlace } from './shared-place.js';

/** Sessions of which the first holds the replica. */
function bench(attached: boolean): () => Promise<MeshBench> {
  return async () => {
    const places = new Map<Mesh, string>();
    return {
      open: async () => {
        const data = await temporaryPlace();
        const first = await openAt(data, attached ? 'holder' : 'planner');
        const mesh = attached ? await openAt(data, 'planner') : first;
        places.set(mesh, data);
        return mesh;
      },
      second: (mesh) => openAt(places.get(mesh) as string, 'reviewer'),
    };
  };
}

describeMesh('a mesh whose replica this process holds', bench(false));
describeMesh('a mesh attached to the process that holds its replica', bench(true));
