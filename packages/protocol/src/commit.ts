import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { concatBytes, fromHex, toHex } from './bytes.js';
import { clockBytes, decodeWith, readClock } from './envelope.js';
import { sha256 } from './hash.js';
import type { AgentId, Clock, SessionId, Version, WriterId } from './ids.js';
import { limits } from './limits.js';
import { readByte, readBytes, readUint } from './reading.js';

/** One agent's signature over the versions it wrote at one tick of its session's clock, within one segment. */
export interface Commit {
  readonly agent: AgentId;
  readonly writer: WriterId;
  readonly session: SessionId;
  readonly clock: Clock;
  /** 1 to `limits.commitVersions`; a field occurs at most once. */
  readonly versions: readonly Version[];
}

export const SIGNATURE_BYTES = 64;

/** Bytes of the head before the number of versions, and of one version. */
const HEAD_BYTES = 56;
const VERSION_BYTES = 32;

/** `agentKey[32] ‖ writer[8] ‖ session[8] ‖ clock[8] ‖ n ‖ version[32]×n` */
export function encodeCommit(commit: Commit): Uint8Array {
  const count = demandCount(commit);
  const listed = HEAD_BYTES + (count < 128 ? 1 : 2);
  const bytes = new Uint8Array(listed + count * VERSION_BYTES);
  bytes.set(fromHex(commit.agent), 0);
  bytes.set(fromHex(commit.writer), 32);
  bytes.set(fromHex(commit.session), 40);
  bytes.set(clockBytes(commit.clock), 48);
  bytes[HEAD_BYTES] = count < 128 ? count : (count % 128) + 128;
  if (count >= 128) bytes[HEAD_BYTES + 1] = Math.floor(count / 128);
  for (const [i, version] of commit.versions.entries())
    bytes.set(fromHex(version), listed + i * VERSION_BYTES);
  return bytes;
}

/** Reads `encodeCommit ‖ signature`. @throws MnemeshError `bad_envelope` */
export function decodeCommit(bytes: Uint8Array): {
  readonly commit: Commit;
  readonly signature: Uint8Array;
} {
  return decodeWith(bytes, (decoder) => {
    const head = readHead(decoder);
    const versions = readVersions(decoder, head.count);
    const signature = decoding.readUint8Array(decoder, SIGNATURE_BYTES).slice();
    return { commit: { ...head.fields, versions }, signature };
  });
}

/** The bytes an agent signs: `sha256(1 ‖ ctx ‖ commit)`. */
export function commitDigest(segmentContext: Uint8Array, commit: Commit): Uint8Array {
  return encodedCommitDigest(segmentContext, encodeCommit(commit));
}

/** `commitDigest` of a commit that is there as bytes. */
export function encodedCommitDigest(segmentContext: Uint8Array, encoded: Uint8Array): Uint8Array {
  return sha256(concatBytes([Uint8Array.of(1), segmentContext, encoded]));
}

export const elementKinds = { envelope: 1, commit: 2 } as const;

/** One element of a segment's array, taken apart. */
export type Element =
  | { readonly kind: 'envelope'; readonly envelope: Uint8Array }
  | {
      readonly kind: 'commit';
      /** For a commit of one, `versions` is empty here: its version is the hash of the envelope that follows. */
      readonly commit: Commit;
      /** What `encodeCommit` makes of it; for a commit of one, without its version. A view, as the next two are. */
      readonly encoded: Uint8Array;
      readonly signature: Uint8Array;
      readonly envelope: Uint8Array | undefined;
    };

export function encodeEnvelopeElement(envelope: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(elementKinds.envelope), envelope]);
}

/**
 * `2 ‖ commit ‖ signature`, and for a commit of one its envelope in place of the version.
 * @param envelope the only envelope; required exactly when the commit lists one version
 */
export function encodeCommitElement(
  commit: Commit,
  signature: Uint8Array,
  envelope: Uint8Array | undefined,
): Uint8Array {
  const single = commit.versions.length === 1;
  if (single !== (envelope !== undefined))
    throw new RangeError('a commit of one carries its envelope');
  const encoder = encoding.createEncoder();
  encoding.writeUint8(encoder, elementKinds.commit);
  writeHead(encoder, commit);
  if (!single)
    for (const version of commit.versions) encoding.writeUint8Array(encoder, fromHex(version));
  encoding.writeUint8Array(encoder, signature);
  if (envelope !== undefined) encoding.writeUint8Array(encoder, envelope);
  return encoding.toUint8Array(encoder);
}

/** Byte strings of the result are views of `bytes`. @throws MnemeshError `bad_envelope` */
export function decodeElement(bytes: Uint8Array): Element {
  return decodeWith(bytes, (decoder) => {
    const kind = readByte(decoder);
    if (kind === elementKinds.envelope) {
      return { kind: 'envelope', envelope: decoding.readTailAsUint8Array(decoder) };
    }
    if (kind !== elementKinds.commit) throw new RangeError(`unknown element kind ${kind}`);
    const { fields, count } = readHead(decoder);
    const versions = count > 1 ? readVersions(decoder, count) : [];
    const encoded = bytes.subarray(1, decoder.pos);
    const signature = readBytes(decoder, SIGNATURE_BYTES);
    const envelope = count === 1 ? decoding.readTailAsUint8Array(decoder) : undefined;
    return {
      kind: 'commit',
      commit: { ...fields, versions },
      encoded,
      signature,
      envelope,
    };
  });
}

function demandCount({ versions }: Commit): number {
  if (versions.length >= 1 && versions.length <= limits.commitVersions) return versions.length;
  throw new RangeError(
    `a commit lists 1 to ${limits.commitVersions} versions, not ${versions.length}`,
  );
}

function writeHead(encoder: encoding.Encoder, commit: Commit): void {
  const count = demandCount(commit);
  encoding.writeUint8Array(encoder, fromHex(commit.agent));
  encoding.writeUint8Array(encoder, fromHex(commit.writer));
  encoding.writeUint8Array(encoder, fromHex(commit.session));
  encoding.writeUint8Array(encoder, clockBytes(commit.clock));
  encoding.writeVarUint(encoder, count);
}

function readHead(decoder: decoding.Decoder): {
  readonly fields: Omit<Commit, 'versions'>;
  readonly count: number;
} {
  const agent = toHex(decoding.readUint8Array(decoder, 32)) as AgentId;
  const writer = toHex(decoding.readUint8Array(decoder, 8)) as WriterId;
  const session = toHex(decoding.readUint8Array(decoder, 8)) as SessionId;
  const clock = readClock(decoding.readUint8Array(decoder, 8));
  const count = readUint(decoder, limits.commitVersions);
  if (count < 1) throw new RangeError('a commit of nothing');
  return { fields: { agent, writer, session, clock }, count };
}

function readVersions(decoder: decoding.Decoder, count: number): readonly Version[] {
  const versions: Version[] = [];
  for (let i = 0; i < count; i++)
    versions.push(toHex(decoding.readUint8Array(decoder, 32)) as Version);
  return versions;
}
