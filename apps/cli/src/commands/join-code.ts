import { type PeerSettings, readPeerSettings } from '@mnemesh/open-mesh';
import { type MeshId, MnemeshError, parseMeshId } from '@mnemesh/protocol';
import * as v from 'valibot';

/** Before what a person copies, so that they see what it is. */
const PREFIX = 'mnemesh-join.';

const schema = v.strictObject({
  mesh: v.string(),
  secret: v.string(),
  signaling: v.optional(v.array(v.string())),
});

export interface JoinCode {
  readonly mesh: MeshId;
  readonly secret: string;
  readonly signaling?: readonly string[];
}

/** What another device needs to find this mesh's peers. Whoever has it is a member. */
export function encodeJoinCode({ mesh, secret, signaling }: JoinCode): string {
  const json = JSON.stringify({ mesh, secret, ...(signaling?.length ? { signaling } : {}) });
  return PREFIX + Buffer.from(json).toString('base64url');
}

/** @throws MnemeshError `bad_input` */
export function decodeJoinCode(text: string): JoinCode {
  const bare = text.replace(/\s+/g, '');
  try {
    if (!bare.startsWith(PREFIX)) throw new Error(`it does not begin with ${PREFIX}`);
    const json = Buffer.from(bare.slice(PREFIX.length), 'base64url').toString();
    const { mesh, secret, signaling } = v.parse(schema, JSON.parse(json));
    return {
      mesh: parseMeshId(mesh),
      secret,
      ...(signaling === undefined ? {} : { signaling }),
    };
  } catch (cause) {
    throw new MnemeshError(
      'bad_input',
      'This is no code to join by. Copy all that "mnemesh invite" printed, or the offer of "mnemesh invite --offline".',
      { cause },
    );
  }
}

/** @throws MnemeshError `bad_input` where this device has no peer settings for the mesh */
export async function peerSettingsHere(data: string, mesh: MeshId): Promise<PeerSettings> {
  const settings = await readPeerSettings(data, mesh);
  if (settings !== undefined) return settings;
  throw new MnemeshError(
    'bad_input',
    `This device has no secret of ${mesh} yet. Make one with "mnemesh invite", or take that of another device with "mnemesh join CODE".`,
  );
}
