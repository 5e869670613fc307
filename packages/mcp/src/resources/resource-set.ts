import type { Mesh } from '@mnemesh/core';
import { MnemeshError } from '@mnemesh/protocol';
import type { Resource, ResourceTemplate } from '@modelcontextprotocol/sdk/types.js';
import type { ToolSession } from '../tool-session.js';

export interface ResourceContent {
  readonly [key: string]: unknown;
  readonly uri: string;
  readonly mimeType: string;
  readonly text: string;
}

/** The resources of a profile. */
export interface ResourceSet {
  readonly templates: readonly ResourceTemplate[];
  /** Whether it has resources with addresses like this one. */
  has(uri: string): boolean;
  list(session: ToolSession): Promise<readonly Resource[]>;
  /** @throws MnemeshError `not_found`, `bad_input` */
  read(uri: string, session: ToolSession): Promise<ResourceContent>;
  /**
   * Calls `changed` when the resource may read differently, from when it resolves with a function that ends it.
   * @param mesh a session that never writes: what it is shown, the agent was not
   * @throws MnemeshError `bad_input` for an address that is none
   */
  watch(uri: string, mesh: Mesh, changed: () => void): Promise<() => void>;
}

export function unknownResource(uri: string, known: readonly string[]): MnemeshError {
  return new MnemeshError(
    'not_found',
    `There is no resource "${uri}". There are: ${known.join(', ')}.`,
  );
}

/** Several sets as one: each answers for its own addresses, the first for those that nobody knows. */
export function combinedResources(sets: readonly ResourceSet[]): ResourceSet {
  const [first, ...others] = sets;
  if (first === undefined || others.length === 0) return first as ResourceSet;
  const of = (uri: string): ResourceSet => sets.find((set) => set.has(uri)) ?? first;
  return {
    templates: sets.flatMap(({ templates }) => templates),
    has: (uri) => sets.some((set) => set.has(uri)),
    list: async (session) => (await Promise.all(sets.map((set) => set.list(session)))).flat(),
    read: (uri, session) => of(uri).read(uri, session),
    watch: (uri, mesh, changed) => of(uri).watch(uri, mesh, changed),
  };
}
