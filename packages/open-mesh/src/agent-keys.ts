import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentIdentity, type AuthorKind, agentFromSeed, authorKinds } from '@mnemesh/core';
import { fromHex, MnemeshError, type Runtime, type Signatures, toHex } from '@mnemesh/protocol';
import * as v from 'valibot';

const keyFile = v.object({
  agent: v.string(),
  /** The Ed25519 seed, 32 bytes as hex. */
  seed: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  /** Absent: `agent`. */
  kind: v.optional(v.picklist(authorKinds), 'agent'),
});

interface AgentKey {
  readonly seed: Uint8Array;
  readonly kind: AuthorKind;
}

export interface AgentKeyOptions {
  readonly data: string;
  readonly runtime: Runtime;
  readonly signatures: Signatures;
  /** What a key that is made now is declared as; one that is there keeps what it says. Default `agent`. */
  readonly kind?: AuthorKind;
}

export function keyPath(data: string, agent: string): string {
  return join(data, 'keys', `${agent}.json`);
}

/**
 * The agent's key, made on first use. Losing the file means a new agent of the same name: what the
 * old one wrote stays, signed by a key nobody has.
 */
export async function loadAgent(name: string, options: AgentKeyOptions): Promise<AgentIdentity> {
  const path = keyPath(options.data, name);
  const { seed, kind } = (await readKey(path)) ?? (await createKey(path, name, options));
  return agentFromSeed(options.signatures, name, seed, kind);
}

async function readKey(path: string): Promise<AgentKey | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw failed(path, 'cannot be read', error);
  }
  try {
    const { seed, kind } = v.parse(keyFile, JSON.parse(text));
    return { seed: fromHex(seed), kind };
  } catch (error) {
    throw failed(path, 'is no key file; restore it from a backup, or move it away', error);
  }
}

/** Two processes may begin at once: the file appears whole under its name, and the first one's stands. */
async function createKey(
  path: string,
  agent: string,
  { data, runtime, kind = 'agent' }: AgentKeyOptions,
): Promise<AgentKey> {
  const seed = toHex(runtime.randomBytes(32));
  const draft = `${path}.${toHex(runtime.randomBytes(6))}`;
  try {
    await mkdir(join(data, 'keys'), { recursive: true, mode: 0o700 });
    await writeDurably(draft, `${JSON.stringify({ agent, seed, kind })}\n`);
    await link(draft, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await syncDirectory(join(data, 'keys'));
  } catch (error) {
    throw failed(path, 'cannot be written', error);
  } finally {
    await rm(draft, { force: true });
  }
  return (await readKey(path)) as AgentKey;
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string): Promise<void> {
  // Windows cannot open directories; there the name is durable with the file.
  if (process.platform === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function failed(path: string, what: string, cause: unknown): MnemeshError {
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  return new MnemeshError('store_failed', `The key file ${path} ${what}${reason}.`, { cause });
}
