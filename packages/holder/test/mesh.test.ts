import type { Mesh } from '@mnemesh/core';
import { describeMesh } from '@mnemesh/testing';
import { SharedReplica } from './guests-of-one-program.js';

describeMesh('a mesh attached to its holder in the same program', async () => {
  const shared = new Map<Mesh, SharedReplica>();
  return {
    open: async () => {
      const replica = await SharedReplica.open();
      const mesh = await replica.guest('planner');
      shared.set(mesh, replica);
      return mesh;
    },
    second: (mesh) => (shared.get(mesh) as SharedReplica).guest('reviewer'),
  };
});
