import {
  bytes,
  choice,
  cutText,
  type Field,
  flag,
  hex,
  list,
  optional,
  type ShapeValue,
  struct,
  text,
  uint,
} from './fields.js';
import { parseGlob } from './glob.js';
import {
  type AgentId,
  type Incarnation,
  parseMeshId,
  parseNamespace,
  parseRecordId,
  parseSegmentName,
  type ReplicaId,
  type SessionId,
} from './ids.js';
import { limits } from './limits.js';

/*
 * The frames of one link, in either direction. Numbers of frames are never reused.
 *
 *   replica                                relay
 *     hello, subscribe(cursor)  ──────────▶
 *     ◀──────────  welcome, introduce*, update*, resumed      the cursor is valid: what came since
 *     ◀──────────  welcome, catalog*, resumed                 it is not: everything there is, by name
 *     introduce, state          ──────────▶                   for each document of a catalog
 *     ◀──────────  update*, held
 *     introduce, push           ──────────▶                   what the other end lacks
 *     ◀──────────  push                                       another replica's push, at once
 *     ◀──────────  durable                                    after the commit: yours and the forwarded
 *     claim                     ──────────▶                   a strict claim, at any time
 *     ◀──────────  claimed
 *     scrub                     ──────────▶                   something was forgotten: at any time
 *     ◀──────────  scrubbed                                   nothing of it lies there any more
 *     end                       ──────────▶                   a segment, or what is below a floor, is over
 *     ◀──────────  ended
 *     signal                    ──────────▶                   how peers find each other, at any time
 *     ◀──────────  signal                                     to every other link of the mesh
 *
 * Two replicas both send hello and subscribe, then compare summaries, catalogs, states, and push.
 */

const namespace = text(limits.namespaceChars, parseNamespace);
const segment = text(limits.segmentChars, parseSegmentName);
const document = uint(limits.linkDocuments);
const number = uint();
const state = bytes(limits.stateBytes);
const update = bytes(limits.updateBytes);
/** Names one grant: the opening of the relay's log that gave it, and how many the task has had. */
const token = struct({ incarnation: hex<Incarnation>(16), number: uint() });
const plain = (max: number): Field<string> => text(max, (value) => value);

export const frameFields = {
  /** First frame of a replica. `opened` tells a copied or restored store from its original. */
  hello: [
    1,
    {
      protocol: uint(65535),
      mesh: text(limits.meshChars, parseMeshId),
      replica: hex<ReplicaId>(16),
      opened: struct({ counter: uint(), nonce: hex<string>(16) }),
      agents: list(hex<AgentId>(32), limits.agents),
      /** Signed grants, opaque here. Empty in a mesh without a root key. */
      grants: list(bytes(limits.grantBytes), limits.grants),
    },
  ],
  /** The relay's answer. `challenge` is empty in a mesh without a root key. */
  welcome: [
    2,
    {
      protocol: uint(65535),
      incarnation: hex<Incarnation>(16),
      head: number,
      challenge: bytes(64),
    },
  ],
  /** What the sender wants to hold, and how far it has read this relay's log under these globs. */
  subscribe: [
    3,
    {
      globs: list(text(limits.namespaceChars, parseGlob), limits.subscriptionGlobs),
      cursor: optional(struct({ incarnation: hex<Incarnation>(16), number })),
    },
  ],
  /** Documents the sender holds under the receiver's globs, newest first; `hash` is of the document's state. */
  catalog: [
    4,
    {
      documents: list(
        struct({ namespace, segment, bytes: uint(), hash: hex<string>(32) }),
        limits.catalogDocuments,
      ),
    },
  ],
  /** Ends what the relay sends first: the receiver has everything up to `number`, or (`whole` false) its names. */
  resumed: [5, { incarnation: hex<Incarnation>(16), number, whole: flag }],
  /** The sender will call this document by this number on this link. Each direction numbers its own. */
  introduce: [6, { document, namespace, segment }],
  /** What the sender holds of a document; the receiver sends what is missing, then `held`. */
  state: [7, { document, state }],
  /** A part of a document that is already durable at the sender. */
  update: [8, { document, update }],
  /** Everything the sender durably holds of this document has been sent. */
  held: [9, { document, state }],
  /** New to the receiver; `number` counts the sender's pushes on this link from 1. */
  push: [10, { number, document, update }],
  /** The receiver's pushes up to `received`, and the sender's up to `sent`, are durable; a relay adds its log's number. */
  durable: [11, { received: number, sent: number, number }],
  /** This push does not follow on what the sender holds; push again from this state. */
  gap: [12, { push: number, document, state }],
  /** This push is refused, and every later one to this document. */
  denied: [
    13,
    {
      push: number,
      document,
      reason: choice(['not_permitted', 'too_large', 'ended', 'malformed']),
    },
  ],
  /** Hash over the hashes of every document both ends subscribe to: equal means nothing to do. */
  summary: [14, { hash: hex<string>(32) }],
  presence: [15, { presence: bytes(limits.presenceBytes) }],
  /** Why the sender closes the link. */
  error: [16, { code: plain(64), message: cutText(limits.errorChars) }],
  ping: [17, {}],
  pong: [18, {}],
  /** A piece of a message longer than a frame; the last one completes it. Parts of two messages never interleave. */
  part: [19, { last: flag, bytes: bytes(limits.frameBytes) }],
  /** Grant this session a strict claim on a task, if the last grant was `expected`, or there was none. */
  claim: [
    20,
    {
      request: number,
      namespace,
      record: text(limits.recordIdBytes, parseRecordId),
      agent: hex<AgentId>(32),
      session: hex<SessionId>(8),
      expected: optional(token),
      ttlMs: uint(limits.claimMs),
    },
  ],
  /** The relay's answer, durable before it was sent. Unless granted: the last grant, to whom, and for how long at most. */
  claimed: [
    21,
    {
      request: number,
      outcome: choice(['granted', 'held', 'in_doubt', 'full']),
      token: optional(token),
      holder: optional(struct({ agent: hex<AgentId>(32), session: hex<SessionId>(8) })),
      remainingMs: uint(limits.claimMs),
    },
  ],
  /** Take what this document's state says is deleted out of everything that is stored. Not answered before `state` is held. */
  scrub: [22, { request: number, document, state }],
  /** That was done, and is durable. */
  scrubbed: [23, { request: number }],
  /** Segments below `floor` of this namespace, or the one that is named, are over: delete them, and refuse them for ever. */
  end: [24, { request: number, namespace, floor: uint(limits.floors), segment: optional(segment) }],
  /** That was done, and is durable. */
  ended: [25, { request: number }],
  /** How peers find each other: sealed with the mesh's secret, for whoever of the mesh can read it. Passed on, not kept. */
  signal: [26, { signal: bytes(limits.signalBytes) }],
} as const satisfies Record<string, readonly [number, Record<string, unknown>]>;

type FrameFields = typeof frameFields;
export type FrameType = keyof FrameFields;
export type FrameOf<T extends FrameType> = { readonly type: T } & ShapeValue<FrameFields[T][1]>;
export type Frame = { [T in FrameType]: FrameOf<T> }[FrameType];
export type CatalogEntry = FrameOf<'catalog'>['documents'][number];
export type DenialReason = FrameOf<'denied'>['reason'];
