import {
  type AgentId,
  type Frame,
  type FrameType,
  type Incarnation,
  limits,
  type MeshId,
  type Namespace,
  type RecordId,
  type ReplicaId,
  type SegmentName,
  type SessionId,
  toHex,
} from '@mnemesh/protocol';
import fc from 'fast-check';

const blob = (maxLength = 200): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const hex = <T extends string = string>(length: number): fc.Arbitrary<T> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => toHex(bytes) as T);
const number = fc.maxSafeNat();
const document = fc.nat(limits.linkDocuments);
const word = fc.stringMatching(/^[A-Za-z0-9_@-][A-Za-z0-9_.@-]{0,11}$/);
const path = fc.array(word, { minLength: 1, maxLength: 6 }).map((words) => words.join('/'));
const namespace = path as fc.Arbitrary<Namespace>;
const segment = fc.stringMatching(/^[a-z0-9-]{1,64}$/) as fc.Arbitrary<SegmentName>;
const mesh = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,63}$/) as fc.Arbitrary<MeshId>;
const glob = fc
  .array(fc.oneof(word, fc.constantFrom('*', '**')), { minLength: 1, maxLength: 6 })
  .map((words) => words.join('/'));
const text = (maxBytes: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'grapheme', maxLength: Math.floor(maxBytes / 40) });
const incarnation = hex<Incarnation>(16);
const record = fc.stringMatching(/^[a-z0-9-]{1,20}\.[A-Za-z0-9]{1,26}$/) as fc.Arbitrary<RecordId>;
const cursor = fc.option(fc.record({ incarnation, number }), { nil: undefined });

/** Any frame of each type that an honest sender may build. */
export const frameArbitraries: { readonly [T in FrameType]: fc.Arbitrary<Frame> } = {
  hello: fc.record({
    type: fc.constant('hello'),
    protocol: fc.nat(65535),
    mesh,
    replica: hex<ReplicaId>(16),
    opened: fc.record({ counter: number, nonce: hex(16) }),
    agents: fc.array(hex<AgentId>(32), { maxLength: limits.agents }),
    grants: fc.array(blob(), { maxLength: limits.grants }),
  }),
  welcome: fc.record({
    type: fc.constant('welcome'),
    protocol: fc.nat(65535),
    incarnation,
    head: number,
    challenge: blob(64),
  }),
  subscribe: fc.record({
    type: fc.constant('subscribe'),
    globs: fc.array(glob, { maxLength: limits.subscriptionGlobs }),
    cursor,
  }),
  catalog: fc.record({
    type: fc.constant('catalog'),
    documents: fc.array(fc.record({ namespace, segment, bytes: number, hash: hex(32) })),
  }),
  resumed: fc.record({ type: fc.constant('resumed'), incarnation, number, whole: fc.boolean() }),
  introduce: fc.record({ type: fc.constant('introduce'), document, namespace, segment }),
  state: fc.record({ type: fc.constant('state'), document, state: blob() }),
  update: fc.record({ type: fc.constant('update'), document, update: blob() }),
  held: fc.record({ type: fc.constant('held'), document, state: blob() }),
  push: fc.record({ type: fc.constant('push'), number, document, update: blob() }),
  durable: fc.record({ type: fc.constant('durable'), received: number, sent: number, number }),
  gap: fc.record({ type: fc.constant('gap'), push: number, document, state: blob() }),
  denied: fc.record({
    type: fc.constant('denied'),
    push: number,
    document,
    reason: fc.constantFrom('not_permitted', 'too_large', 'ended', 'malformed'),
  }),
  summary: fc.record({ type: fc.constant('summary'), hash: hex(32) }),
  presence: fc.record({ type: fc.constant('presence'), presence: blob() }),
  error: fc.record({
    type: fc.constant('error'),
    code: text(64),
    message: text(limits.errorChars),
  }),
  ping: fc.record({ type: fc.constant('ping') }),
  pong: fc.record({ type: fc.constant('pong') }),
  scrub: fc.record({ type: fc.constant('scrub'), request: number, document, state: blob() }),
  scrubbed: fc.record({ type: fc.constant('scrubbed'), request: number }),
  end: fc.record({
    type: fc.constant('end'),
    request: number,
    namespace,
    floor: fc.nat(limits.floors),
    segment: fc.option(segment, { nil: undefined }),
  }),
  ended: fc.record({ type: fc.constant('ended'), request: number }),
  signal: fc.record({ type: fc.constant('signal'), signal: blob() }),
  part: fc.record({ type: fc.constant('part'), last: fc.boolean(), bytes: blob() }),
  claim: fc.record({
    type: fc.constant('claim'),
    request: number,
    namespace,
    record: record,
    agent: hex<AgentId>(32),
    session: hex<SessionId>(8),
    expected: cursor,
    ttlMs: fc.nat(limits.claimMs),
  }),
  claimed: fc.record({
    type: fc.constant('claimed'),
    request: number,
    outcome: fc.constantFrom('granted', 'held', 'in_doubt', 'full'),
    token: cursor,
    holder: fc.option(fc.record({ agent: hex<AgentId>(32), session: hex<SessionId>(8) }), {
      nil: undefined,
    }),
    remainingMs: fc.nat(limits.claimMs),
  }),
};

export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(...Object.values(frameArbitraries));
/** Any frame that can be a message of its own. */
export const anyMessage: fc.Arbitrary<Frame> = anyFrame.filter((frame) => frame.type !== 'part');
