import {
  type AgentId,
  type Commit,
  encodeCommitElement,
  encodeEnvelope,
  encodeEnvelopeElement,
  envelopeVersion,
  fromHex,
  type MeshId,
  type Namespace,
  type RecordId,
  type SegmentName,
  type SessionId,
  segmentContext,
  type Version,
  type WriterId,
} from '@mnemesh/protocol';

export const context = segmentContext(
  'demo' as MeshId,
  'shared/tasks' as Namespace,
  '1' as SegmentName,
);

/** An envelope and the version it has under its author. */
export interface Written {
  readonly bytes: Uint8Array;
  readonly version: Version;
}

/** Elements of one commit, as a replica appends them. */
export interface WrittenCommit {
  readonly commit: Commit;
  readonly envelopes: readonly Written[];
  readonly elements: readonly Uint8Array[];
}

/** Writes elements as an agent would. Signatures are made up: who checks them is not this package's business. */
export class Author {
  readonly agent: AgentId;
  #clock = 1000;
  #nonce = 0;

  constructor(name: number) {
    this.agent = name.toString(16).padStart(64, '0') as AgentId;
  }

  envelope(id: string, field = '', shown: readonly (readonly [string, number])[] = []): Written {
    const nonce = new Uint8Array(16);
    nonce[0] = Number.parseInt(this.agent.slice(-2), 16);
    new DataView(nonce.buffer).setUint32(12, this.#nonce++);
    const bytes = encodeEnvelope({
      nonce,
      id: id as RecordId,
      field,
      context: new Map(shown as readonly [SessionId, number][]),
      data: new Uint8Array([1, 2, 3]),
    });
    return { bytes, version: envelopeVersion(context, fromHex(this.agent), bytes) };
  }

  commit(...envelopes: readonly Written[]): WrittenCommit {
    const commit: Commit = {
      agent: this.agent,
      writer: '11'.repeat(8) as WriterId,
      session: this.agent.slice(0, 16) as SessionId,
      clock: this.#clock++,
      versions: envelopes.map(({ version }) => version),
    };
    const signature = new Uint8Array(64).fill(commit.clock);
    const [only] = envelopes;
    if (envelopes.length === 1 && only !== undefined) {
      const element = encodeCommitElement(commit, signature, only.bytes);
      return { commit, envelopes, elements: [element] };
    }
    const elements = [
      encodeCommitElement(commit, signature, undefined),
      ...envelopes.map(({ bytes }) => encodeEnvelopeElement(bytes)),
    ];
    return { commit, envelopes, elements };
  }
}
