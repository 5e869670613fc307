import {
  BASE_FIELD,
  type Clock,
  type Commit,
  commitDigest,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  envelopeVersion,
  fromHex,
  type Guid,
  type RecordId,
  recordId,
  type SegmentName,
  type SessionId,
  segmentContext,
  type Version,
  type WriterId,
} from '@mnemesh/protocol';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { encodeUtf8 } from 'lib0/string';
import type { AgentIdentity, Json } from '../src/index.js';
import { TEAM } from './world.js';

export interface Field {
  readonly id: RecordId;
  readonly field: string;
  readonly data: Json;
  readonly context?: ReadonlyMap<SessionId, Clock>;
}

export interface Envelope {
  readonly bytes: Uint8Array;
  readonly version: Version;
}

/** The first field of a memory item. @param local the part of its id that is its own */
export function memoryBase(local: string, content: string): Field {
  return {
    id: recordId('1' as SegmentName, local),
    field: BASE_FIELD,
    data: { collection: 'memory', values: { content, kind: 'fact' } },
  };
}

interface Place {
  readonly namespace: Parameters<typeof segmentContext>[1];
  readonly segment: Parameters<typeof segmentContext>[2];
  readonly guid: Guid;
}

/** Makes elements byte by byte, as another program with an agent's key could: honest ones and forged ones. */
export class Author {
  readonly agent: AgentIdentity;
  readonly session = 'a5'.repeat(8) as SessionId;
  readonly #context: Uint8Array;
  #nonce = 0;

  constructor(agent: AgentIdentity, { namespace, segment }: Place) {
    this.agent = agent;
    this.#context = segmentContext(TEAM, namespace, segment);
  }

  envelope({ id, field, data, context = new Map() }: Field): Envelope {
    const nonce = new Uint8Array(16);
    new DataView(nonce.buffer).setUint32(12, ++this.#nonce);
    const text = encodeUtf8(JSON.stringify(data));
    const bytes = encodeEnvelope({ nonce, id, field, context, data: text });
    return { bytes, version: envelopeVersion(this.#context, fromHex(this.agent.id), bytes) };
  }

  /** A signed commit that lists these versions, whoever they belong to, with the envelopes given. */
  async commit(
    clock: Clock,
    versions: readonly Version[],
    envelopes: readonly Uint8Array[],
  ): Promise<readonly Uint8Array[]> {
    const commit: Commit = {
      agent: this.agent.id,
      writer: 'b6'.repeat(8) as WriterId,
      session: this.session,
      clock,
      versions,
    };
    const digest = commitDigest(this.#context, commit);
    const signature = await nodeSignatures.sign(this.agent.seed, digest);
    if (versions.length === 1) return [encodeCommitElement(commit, signature, envelopes[0])];
    return [
      encodeCommitElement(commit, signature, undefined),
      ...envelopes.map(encodeEnvelopeElement),
    ];
  }

  /** An honest commit of these fields. */
  async write(clock: Clock, ...fields: readonly Field[]): Promise<readonly Uint8Array[]> {
    const written = fields.map((field) => this.envelope(field));
    return this.commit(
      clock,
      written.map(({ version }) => version),
      written.map(({ bytes }) => bytes),
    );
  }
}
