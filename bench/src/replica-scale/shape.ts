/** How the records of an authored replica are told apart into conversations. */
export const spreads = ['topics', 'namespaces'] as const;
export type Spread = (typeof spreads)[number];

/** What one authored replica holds. Equal shapes give equal contents. */
export interface Shape {
  /** Agents that author in turn, each with a key of its own. */
  readonly agents: number;
  /** Conversations that the records belong to. */
  readonly conversations: number;
  /** A conversation is the `topic` of its records, or a namespace of its own. */
  readonly spread: Spread;
}

export const defaultShape: Shape = { agents: 50, conversations: 100, spread: 'topics' };

/** The other shape that S9 measures, beside one of the same size: conversations of ten records each. */
export const manyConversations = { records: 100_000, shape: { conversations: 10_000 } } as const;

/** Where an authored replica lies, and what its measurements need to know of it. */
export interface AuthoredReplica {
  readonly shape: Shape;
  readonly records: number;
  /** Data directory, as `openMesh` takes it. */
  readonly data: string;
  /** Id and namespace of the record authored first. */
  readonly oldest: { readonly id: string; readonly namespace: string };
}

export const MESH = 'scale';

/** Stands in the first record and in no other. */
export const RARE_WORD = 'zanzibarite';

/** Stands in about every third record. */
export const COMMON_WORD = 'w3';

export function agentName(n: number): string {
  return `agent-${n}`;
}
