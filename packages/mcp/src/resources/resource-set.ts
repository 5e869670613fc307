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
  list(session: ToolSession): Promise<readonly Resource[]>;
  /** @throws MnemeshError `not_found`, `bad_input` */
  read(uri: string, session: ToolSession): Promise<ResourceContent>;
  /**
   * Calls `changed` when the resource may read differently.
   * @param mesh a session that never writes: what it is shown, the agent was not
   * @throws MnemeshError `bad_input` for an address that is none
   */
  watch(uri: string, mesh: Mesh, changed: () => void): () => void;
}

export function unknownResource(uri: string, known: readonly string[]): MnemeshError {
  return new MnemeshError(
    'not_found',
    `There is no resource "${uri}". There are: ${known.join(', ')}.`,
  );
}
