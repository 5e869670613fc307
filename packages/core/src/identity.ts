import {
  type AgentId,
  MnemeshError,
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
  /** The 32-byte Ed25519 secret, or what `Signatures` of this device know it by. It never leaves the device. */
  readonly seed: Uint8Array;
  /** Declared once, where the key is made. Default `agent`. */
  readonly kind?: AuthorKind;
  /** What it can do, in the words that tasks use in `requires`. */
  readonly capabilities?: readonly string[];
}

/** Characters of an agent's name; it becomes part of a path and of a namespace. */
const AGENT_CHARS = 64;

/** @throws MnemeshError `bad_input` */
export function parseAgentName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._@-]*$/.test(name) && name.length <= AGENT_CHARS) return name;
  throw new MnemeshError(
    'bad_input',
    `"${name}" is no agent name. Use 1 to ${AGENT_CHARS} of letters, digits, ".", "_", "@" and "-", ` +
      'beginning with a letter or digit.',
  );
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
export function freshClientId(runtime: Pick<Runtime, 'randomBytes'>): number {
  const bytes = runtime.randomBytes(7);
  const high = (bytes[0] as number) & 0x1f;
  return bytes.subarray(1).reduce((value, byte) => value * 256 + byte, high);
}
