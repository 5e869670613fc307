import type { Mesh } from '@mnemesh/core';
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react';

const MeshContext = createContext<Mesh | undefined>(undefined);

export interface MeshProviderProps {
  /** What `openMesh` gave. Whoever opened it closes it; until then any number of providers may show it. */
  readonly mesh: Mesh;
  readonly children?: ReactNode;
}

/** Gives the hooks below it their mesh. */
export function MeshProvider({ mesh, children }: MeshProviderProps): ReactElement {
  return createElement(MeshContext.Provider, { value: mesh }, children);
}

/** The mesh of the nearest provider, to write with. @throws Error outside of a provider */
export function useMesh(): Mesh {
  const mesh = useContext(MeshContext);
  if (mesh !== undefined) return mesh;
  throw new Error('There is no mesh here. Put <MeshProvider mesh={…}> around this component.');
}
