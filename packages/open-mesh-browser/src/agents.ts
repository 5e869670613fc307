import type { AgentIdentity, AuthorKind } from '@mnemesh/core';
import { type AgentId, toHex } from '@mnemesh/protocol';
import { type BrowserKey, browserKeys } from '@mnemesh/runtime-browser';

/** The key of an agent of this site, made on first use. */
export function agentKey(name: string, kind?: AuthorKind): Promise<BrowserKey> {
  return browserKeys(name, kind === undefined ? {} : { kind });
}

/** The agent's public key stands for its seed: the private one stays in the browser. */
export function identityOf(name: string, { publicKey, kind }: BrowserKey): AgentIdentity {
  return { id: toHex(publicKey) as AgentId, name, seed: publicKey, kind };
}
