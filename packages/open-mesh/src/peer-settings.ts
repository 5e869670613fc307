import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MnemeshError } from '@mnemesh/protocol';
import * as v from 'valibot';

const text = v.pipe(v.string(), v.maxLength(2_048));

const iceServer = v.strictObject({
  urls: v.union([text, v.pipe(v.array(text), v.maxLength(8))]),
  username: v.optional(text),
  credential: v.optional(text),
});

export const peerSettingsSchema = v.strictObject({
  secret: text,
  signaling: v.optional(v.pipe(v.array(text), v.maxLength(8))),
  iceServers: v.optional(v.pipe(v.array(iceServer), v.maxLength(8))),
  signal: v.optional(text),
});

/** What links this replica with its peers, besides the relay. */
export interface PeerSettings {
  /** Shared by the members of the mesh and nobody else. `mnemesh invite` makes one. */
  readonly secret: string;
  /** Signaling servers besides the links of the mesh: `ws://127.0.0.1:7700/signal`. Default none. */
  readonly signaling?: readonly string[];
  /** STUN and TURN servers. Default none: peers of one network need none. */
  readonly iceServers?: readonly {
    readonly urls: string | readonly string[];
    readonly username?: string;
    readonly credential?: string;
  }[];
  /** Offers signaling to others at this `port` or `host:port` of this machine. Default: not. */
  readonly signal?: string;
}

/** Where a device keeps them: beside its keys, and as secret. */
export function peerSettingsPath(data: string, mesh: string): string {
  return join(data, 'keys', `${mesh}.peers`);
}

/** @throws MnemeshError `bad_input` for a file that is not right */
export async function readPeerSettings(
  data: string,
  mesh: string,
): Promise<PeerSettings | undefined> {
  const path = peerSettingsPath(data, mesh);
  try {
    return parsePeerSettings(JSON.parse(await readFile(path, 'utf8')));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new MnemeshError(
      'bad_input',
      `${path} is no file of peer settings. Restore it, or delete it and join anew.`,
      { cause },
    );
  }
}

/** The file appears whole. @throws MnemeshError `store_failed` */
export async function writePeerSettings(
  data: string,
  mesh: string,
  settings: PeerSettings,
): Promise<void> {
  const path = peerSettingsPath(data, mesh);
  const draft = `${path}.${process.pid}`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(draft, `${JSON.stringify(settings, undefined, 2)}\n`, { mode: 0o600 });
    await rename(draft, path);
  } catch (error) {
    throw new MnemeshError('store_failed', `${path} cannot be written: ${String(error)}.`);
  }
}

/** @throws MnemeshError `bad_input` */
export function parsePeerSettings(value: unknown): PeerSettings {
  const result = v.safeParse(peerSettingsSchema, value);
  if (result.success) return result.output as PeerSettings;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'the whole';
  throw new MnemeshError('bad_input', `Peer settings are not right at ${where}: ${issue.message}`);
}
