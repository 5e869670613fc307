// Writes vectors.json from the built package: `pnpm build && node packages/protocol/test/generate-vectors.mjs`.
// Run it only together with a new PROTOCOL_VERSION: the committed file is what other programs rely on.
import { createPrivateKey, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import {
  commitDigest,
  encodeCommit,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  encodeFrame,
  encodeMessage,
  envelopeVersion,
  fromHex,
  importedRecordId,
  PROTOCOL_VERSION,
  segmentContext,
  segmentGuid,
  toHex,
} from '@mnemesh/protocol';

// RFC 8032 §7.1, test 2.
const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
const agent = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const segments = [
  { mesh: 'demo', namespace: 'shared/tasks', segment: '1' },
  { mesh: 'demo', namespace: 'shared/memory', segment: '12' },
  { mesh: 'a.b-c_d', namespace: 'agents/3d40@x/memory', segment: 'i0-abcdefgh-2026-01' },
];
const context = segmentContext('demo', 'shared/tasks', '1');
const bytes = (hex) => ({ $hex: hex });
const utf8 = (text) => toHex(new TextEncoder().encode(text));

const envelopes = [
  {
    nonce: bytes('000102030405060708090a0b0c0d0e0f'),
    id: '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB',
    field: '',
    context: {},
    data: bytes(utf8('{"title":"Ünïcode ✓"}')),
  },
  {
    nonce: bytes('ffffffffffffffffffffffffffffffff'),
    id: '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB',
    field: 'status',
    context: { '0101010101010101': 3_870_000_000_000_000, '00ff00ff00ff00ff': 1 },
    data: bytes(utf8('"completed"')),
  },
  {
    nonce: bytes('0f0e0d0c0b0a09080706050403020100'),
    id: 'i0-abcdefgh-2026-01.abcdefghijklmnopqrstuvwxyz',
    field: '~',
    context: { abcdefabcdefabcd: Number.MAX_SAFE_INTEGER },
    data: bytes(''),
  },
];

/** JSON's stand-ins for bytes and maps, turned into what the package takes. */
function revive(value) {
  if (Array.isArray(value)) return value.map(revive);
  if (value === null || typeof value !== 'object') return value;
  if (typeof value.$hex === 'string') return fromHex(value.$hex);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, revive(item)]));
}

function reviveEnvelope(envelope) {
  return { ...revive(envelope), context: new Map(Object.entries(envelope.context)) };
}

const encoded = envelopes.map((envelope) => encodeEnvelope(reviveEnvelope(envelope)));
const versions = encoded.map((envelope) => envelopeVersion(context, fromHex(agent), envelope));

const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), fromHex(seed)]),
  format: 'der',
  type: 'pkcs8',
});
function commitVector(listed) {
  const commit = {
    agent,
    writer: '1122334455667788',
    session: '99aabbccddeeff00',
    clock: 3_880_000_000_000_001,
    versions: listed.map((i) => versions[i]),
  };
  const digest = commitDigest(context, commit);
  const signature = new Uint8Array(sign(null, digest, key));
  const envelope = listed.length === 1 ? encoded[listed[0]] : undefined;
  return {
    commit,
    encoded: toHex(encodeCommit(commit)),
    digest: toHex(digest),
    signature: toHex(signature),
    element: toHex(encodeCommitElement(commit, signature, envelope)),
  };
}

const b16 = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf';
const b32 = `${b16}b0b1b2b3b4b5b6b7b8b9babbbcbdbebf`;
const frames = [
  {
    type: 'hello',
    protocol: 3,
    mesh: 'demo',
    replica: b16,
    opened: { counter: 7, nonce: b16 },
    agents: [agent, b32],
    grants: [bytes('0102'), bytes('')],
  },
  { type: 'welcome', protocol: 3, incarnation: b16, head: 300, challenge: bytes('') },
  { type: 'subscribe', globs: ['**'], cursor: null },
  {
    type: 'subscribe',
    globs: ['shared/**', 'agents/*/memory'],
    cursor: { incarnation: b16, number: 9_007_199_254_740_991 },
  },
  {
    type: 'catalog',
    documents: [{ namespace: 'shared/tasks', segment: '1', bytes: 70_000, hash: b32 }],
  },
  { type: 'resumed', incarnation: b16, number: 0, whole: true },
  { type: 'introduce', document: 127, namespace: 'shared/tasks', segment: '1' },
  { type: 'state', document: 128, state: bytes('0000') },
  { type: 'update', document: 0, update: bytes('0000') },
  { type: 'held', document: 1, state: bytes('01020304') },
  { type: 'push', number: 1, document: 16_384, update: bytes('0000') },
  { type: 'durable', received: 12, sent: 0, number: 4711 },
  { type: 'gap', push: 3, document: 2, state: bytes('0000') },
  { type: 'denied', push: 4, document: 2, reason: 'not_permitted' },
  { type: 'denied', push: 5, document: 2, reason: 'too_large' },
  { type: 'denied', push: 6, document: 2, reason: 'ended' },
  { type: 'denied', push: 7, document: 2, reason: 'malformed' },
  { type: 'summary', hash: b32 },
  { type: 'presence', presence: bytes('c0ffee') },
  { type: 'error', code: 'unknown_protocol', message: 'Ünïcode ✓' },
  { type: 'ping' },
  { type: 'pong' },
  { type: 'part', last: false, bytes: bytes('00ff') },
  {
    type: 'claim',
    request: 1,
    namespace: 'shared/tasks',
    record: '1.01JD6Q0S5XN4M8RZ3V7K2T9YWB',
    agent,
    session: '99aabbccddeeff00',
    expected: null,
    ttlMs: 900_000,
  },
  {
    type: 'claim',
    request: 300,
    namespace: 'shared/tasks',
    record: 'i0-abcdefgh-2026-01.abcdefghijklmnopqrstuvwxyz',
    agent: b32,
    session: '99aabbccddeeff00',
    expected: { incarnation: b16, number: 3 },
    ttlMs: 604_800_000,
  },
  {
    type: 'claimed',
    request: 1,
    outcome: 'granted',
    token: { incarnation: b16, number: 1 },
    holder: { agent, session: '99aabbccddeeff00' },
    remainingMs: 900_000,
  },
  {
    type: 'claimed',
    request: 2,
    outcome: 'held',
    token: { incarnation: b16, number: 4 },
    holder: { agent: b32, session: '99aabbccddeeff00' },
    remainingMs: 0,
  },
  {
    type: 'claimed',
    request: 3,
    outcome: 'in_doubt',
    token: null,
    holder: null,
    remainingMs: 0,
  },
  {
    type: 'claimed',
    request: 4,
    outcome: 'full',
    token: null,
    holder: null,
    remainingMs: 0,
  },
  { type: 'scrub', request: 1, document: 3, state: bytes('0000') },
  { type: 'scrubbed', request: 1 },
  { type: 'end', request: 2, namespace: 'shared/memory', floor: 300, segment: null },
  { type: 'end', request: 3, namespace: 'shared/memory', floor: 0, segment: 'i0-abcdefgh-2026-01' },
  { type: 'ended', request: 3 },
  { type: 'signal', signal: bytes('0a0b0c') },
];
/** `undefined` cannot be written as JSON. */
const reviveFrame = (frame) =>
  revive(
    Object.fromEntries(
      Object.entries(frame).map(([name, value]) => [name, value === null ? undefined : value]),
    ),
  );

const imports = [
  ['beads', 'bd', 'bd-12', '2026-01'],
  ['beads', 'bd', 'bd-12', null],
  ['beads', 'ünïcode', '✓', '1999-12'],
];

const split = { type: 'update', document: 5, update: bytes('00112233445566778899') };

const vectors = {
  protocol: PROTOCOL_VERSION,
  segments: segments.map(({ mesh, namespace, segment }) => ({
    mesh,
    namespace,
    segment,
    guid: segmentGuid(mesh, namespace, segment),
    context: toHex(segmentContext(mesh, namespace, segment)),
  })),
  agent: { seed, key: agent },
  envelopes: envelopes.map((envelope, i) => ({
    envelope,
    encoded: toHex(encoded[i]),
    element: toHex(encodeEnvelopeElement(encoded[i])),
    version: versions[i],
  })),
  commits: [commitVector([0]), commitVector([0, 1, 2])],
  imports: imports.map(([importer, source, sourceId, bucket]) => ({
    importer,
    source,
    sourceId,
    bucket,
    id: importedRecordId(importer, source, sourceId, bucket ?? undefined),
  })),
  frames: frames.map((frame) => ({ frame, encoded: toHex(encodeFrame(reviveFrame(frame))) })),
  parts: { frame: split, frameBytes: 12, encoded: encodeMessage(revive(split), 12).map(toHex) },
};

writeFileSync(new URL('vectors.json', import.meta.url), `${JSON.stringify(vectors, null, 2)}\n`);
