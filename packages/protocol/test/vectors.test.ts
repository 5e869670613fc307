import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  type Commit,
  commitDigest,
  decodeElement,
  decodeEnvelope,
  decodeFrame,
  describeFrames,
  type Envelope,
  encodeCommit,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  encodeFrame,
  encodeMessage,
  envelopeVersion,
  type Frame,
  frameFields,
  fromHex,
  importedRecordId,
  limits,
  type MeshId,
  type Namespace,
  PROTOCOL_VERSION,
  type SegmentName,
  segmentContext,
  segmentGuid,
  toHex,
} from '@mnemesh/protocol';
import { describe, expect, test } from 'vitest';

type Json = Record<string, unknown>;

interface Vectors {
  readonly protocol: number;
  readonly segments: readonly {
    readonly mesh: MeshId;
    readonly namespace: Namespace;
    readonly segment: SegmentName;
    readonly guid: string;
    readonly context: string;
  }[];
  readonly agent: { readonly seed: string; readonly key: string };
  readonly envelopes: readonly {
    readonly envelope: Json;
    readonly encoded: string;
    readonly element: string;
    readonly version: string;
  }[];
  readonly commits: readonly {
    readonly commit: Commit;
    readonly encoded: string;
    readonly digest: string;
    readonly signature: string;
    readonly element: string;
  }[];
  readonly imports: readonly {
    readonly importer: string;
    readonly source: string;
    readonly sourceId: string;
    readonly bucket: string | null;
    readonly id: string;
  }[];
  readonly frames: readonly { readonly frame: Json; readonly encoded: string }[];
  readonly parts: {
    readonly frame: Json;
    readonly frameBytes: number;
    readonly encoded: readonly string[];
  };
}

const source = readFileSync(new URL('vectors.json', import.meta.url), 'utf8');
const vectors = JSON.parse(source) as Vectors;

/** JSON's stand-ins for bytes, turned into bytes. */
function revive(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== 'object') return value;
  if ('$hex' in value) return fromHex(value.$hex as string);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revive(item)]));
}

function reviveEnvelope(json: Json): Envelope {
  const revived = revive(json) as Envelope;
  return { ...revived, context: new Map(Object.entries(json.context as Json)) as never };
}

/** `undefined` cannot be written as JSON. */
function reviveFrame(json: Json): Frame {
  const entries = Object.entries(json).map(([name, value]) => [name, value ?? undefined] as const);
  return revive(Object.fromEntries(entries)) as Frame;
}

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(createHash('sha256').update(Buffer.concat(parts)).digest());

/** Length as a varuint, then the text. Every text here is shorter than 128 bytes. */
function prefixed(...texts: readonly string[]): Uint8Array {
  return Buffer.concat(
    texts.map((text) => {
      const bytes = Buffer.from(text, 'utf8');
      return Buffer.concat([Uint8Array.of(bytes.length), bytes]);
    }),
  );
}

describe('bytes that other programs rely on', () => {
  test('the vectors are of this protocol version', () => {
    expect(vectors.protocol).toBe(PROTOCOL_VERSION);
  });

  test.each(vectors.segments)('guid and context of $namespace $segment', (vector) => {
    const { mesh, namespace, segment } = vector;
    expect(segmentGuid(mesh, namespace, segment)).toBe(vector.guid);
    expect(vector.guid).toBe(
      Buffer.from(sha256(prefixed(mesh, namespace, segment))).toString('base64url'),
    );
    expect(toHex(segmentContext(mesh, namespace, segment))).toBe(vector.context);
    expect(vector.context).toBe(toHex(sha256(prefixed('mnemesh/1', mesh, namespace, segment))));
  });

  test.each(vectors.envelopes)('envelope of field "$envelope.field"', (vector) => {
    const envelope = reviveEnvelope(vector.envelope);
    const bytes = fromHex(vector.encoded);
    expect(toHex(encodeEnvelope(envelope))).toBe(vector.encoded);
    expect(decodeEnvelope(bytes)).toEqual(envelope);
    expect(toHex(encodeEnvelopeElement(bytes))).toBe(vector.element);
    expect(decodeElement(fromHex(vector.element))).toEqual({ kind: 'envelope', envelope: bytes });

    const context = fromHex((vectors.segments[0] as (typeof vectors.segments)[0]).context);
    const agent = fromHex(vectors.agent.key);
    expect(envelopeVersion(context, agent, bytes)).toBe(vector.version);
    expect(vector.version).toBe(toHex(sha256(Uint8Array.of(0), context, agent, bytes)));
  });

  test.each(vectors.commits)('commit of $commit.versions.length', (vector) => {
    const context = fromHex((vectors.segments[0] as (typeof vectors.segments)[0]).context);
    expect(toHex(encodeCommit(vector.commit))).toBe(vector.encoded);
    expect(toHex(commitDigest(context, vector.commit))).toBe(vector.digest);
    expect(vector.digest).toBe(toHex(sha256(Uint8Array.of(1), context, fromHex(vector.encoded))));

    const signature = fromHex(vector.signature);
    const single = vector.commit.versions.length === 1;
    const envelope = single ? fromHex(vectors.envelopes[0]?.encoded as string) : undefined;
    expect(toHex(encodeCommitElement(vector.commit, signature, envelope))).toBe(vector.element);
    expect(decodeElement(fromHex(vector.element))).toEqual({
      kind: 'commit',
      commit: single ? { ...vector.commit, versions: [] } : vector.commit,
      encoded: fromHex(vector.encoded).subarray(0, single ? -32 : undefined),
      signature,
      envelope,
    });
    const key = createPublicKey({
      key: Buffer.concat([
        Buffer.from('302a300506032b6570032100', 'hex'),
        fromHex(vectors.agent.key),
      ]),
      format: 'der',
      type: 'spki',
    });
    expect(verify(null, fromHex(vector.digest), key, signature)).toBe(true);
  });

  test.each(vectors.imports)('imported record $sourceId of $source', (vector) => {
    const { importer, source: origin, sourceId, bucket } = vector;
    expect(importedRecordId(importer, origin, sourceId, bucket ?? undefined)).toBe(vector.id);
    const local = vector.id.slice(vector.id.indexOf('.') + 1);
    expect(base32(sha256(prefixed(importer, origin, sourceId))).slice(0, 26)).toBe(local);
    const tag = base32(sha256(prefixed(importer, origin))).slice(0, 8);
    expect(vector.id).toBe(`i0-${tag}-${bucket ?? local.charAt(0)}.${local}`);
  });

  test.each(vectors.frames)('frame $frame.type', (vector) => {
    const frame = reviveFrame(vector.frame);
    expect(toHex(encodeFrame(frame))).toBe(vector.encoded);
    expect(decodeFrame(fromHex(vector.encoded))).toEqual(frame);
  });

  test('every type of frame has a vector', () => {
    const covered = new Set(vectors.frames.map(({ frame }) => frame.type));
    expect([...covered].sort()).toEqual(Object.keys(frameFields).sort());
  });

  test('a message longer than a frame', () => {
    const frame = reviveFrame(vectors.parts.frame);
    const parts = encodeMessage(frame, vectors.parts.frameBytes);
    expect(parts.map(toHex)).toEqual(vectors.parts.encoded);
  });
});

/** Hash of all that a peer of this version relies on, for each version that was ever spoken. */
const schemaHashes: Readonly<Record<number, string>> = {
  1: '7270c019b15d7a99121b1c113b0d07d1fdab915f74036234c8a68925815145ad',
  2: '94c3e68a455a574f6f3b5cda142616a65c5fcfaf350874192f853bf5138ae9e6',
  3: '4c5f20e34797c41a6f73fbc387a9b878a15125de0ca2a39a720b967f11b92e8e',
  4: '80dd89daf70ca1dc93953f405da3bd1888afcad2189e355d5ee9f44017ee0ee9',
};

test('wire, envelope and limits change only with the protocol version', () => {
  const layout = [...vectors.envelopes, ...vectors.commits].map(({ element }) => element);
  const schema = [describeFrames(), JSON.stringify(limits), ...layout].join('\n');
  expect(
    toHex(sha256(Buffer.from(schema))),
    `Frames, envelope, commit or limits are not those of protocol ${PROTOCOL_VERSION}. Bump ` +
      'PROTOCOL_VERSION, generate the vectors anew, and add the new hash here.',
  ).toBe(schemaHashes[PROTOCOL_VERSION]);
});

function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const groups = bits.match(/.{1,5}/g) ?? [];
  const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
  return groups.map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
