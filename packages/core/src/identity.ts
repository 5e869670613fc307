import {
  type AgentId,
  type Runtime,
  type SessionId,
  type Signatures,
  toHex,
  type WriterId,
} from '@mnemesh/protocol';

/** Who writes under a key: a person, or a program. What people write, programs do not override unseen. */
export const authorKinds = ['human', 'agent'] as const;
export type AuthorKind = (typeof authorKinds)[number];

/** An agent that may write at this replica: its name for people, and its key. */
export interface AgentIdentity {
  readonly id: AgentId;
  readonly name: string;
  /** The 32-byte Ed25519 secret. It never leaves the device. */
  readonly seed: Uint8Array;
  /** Declared once, where the key is made. Default `agent`. */
  readonly kind?: AuthorKind;
  /** What it can do, in the words that tasks use in `requires`. */
  readonly capabilities?: readonly string[];
}

export async function createAgent(
  runtime: Runtime,
  signatures: Signatures,
  name: string,
  kind: AuthorKind = 'agent',
): Promise<AgentIdentity> {
  return agentFromSeed(signatures, name, runtime.randomBytes(32), kind);
}

export async function agentFromSeed(
  signatures: Signatures,
  name: string,
  seed: Uint8Array,
  kind: AuthorKind = 'agent',
): Promise<AgentIdentity> {
  return { id: toHex(await signatures.publicKey(seed)) as AgentId, name, seed, kind };
}

export function freshSessionId(runtime: Runtime): SessionId {
  return toHex(runtime.randomBytes(8)) as SessionId;
}

export function freshWriterId(runtime: Runtime): WriterId {
  return toHex(runtime.randomBytes(8)) as WriterId;
}

/** A random 53-bit Yjs client id. 32 bits collide among 10,000 openings; two writers under one id diverge for ever. */
export function freshClientId(runtime: Runtime): number {
  const bytes = runtime.randomBytes(7);
  const high = (bytes[0] as number) & 0x1f;
  return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, high);
}
