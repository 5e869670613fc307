import {
  commitDigest,
  decodeElement,
  decodeEnvelope,
  encodeCommitElement,
  encodeMessage,
  envelopeVersion,
  type Frame,
  type Guid,
  type Namespace,
  PROTOCOL_VERSION,
  type ReplicaId,
  type SegmentName,
  type SessionId,
  type Signatures,
  segmentContext,
  toHex,
  type WriterId,
} from '@mnemesh/protocol';
import { SegmentDocument } from '@mnemesh/segment';
import { decodeUtf8 } from 'lib0/string';
import type { MeshLogTables } from '../mesh-log-tables.js';
import type { SeededRandom } from '../seeded-random.js';
import type { SimulatedNetwork } from '../simulated-network.js';
import type { SimulatedRuntimes } from '../simulated-runtime.js';
import { MESH } from './mesh-name.js';

interface Target {
  readonly guid: Guid;
  readonly namespace: Namespace;
  readonly segment: SegmentName;
}

/** A Yjs client that keeps to the frames and to nothing else: it deletes, repeats and re-signs what it likes. */
export class Stranger {
  readonly #network: SimulatedNetwork;
  readonly #runtimes: SimulatedRuntimes;
  readonly #random: SeededRandom;
  readonly #signatures: Signatures;

  constructor(
    network: SimulatedNetwork,
    runtimes: SimulatedRuntimes,
    random: SeededRandom,
    signatures: Signatures,
  ) {
    this.#network = network;
    this.#runtimes = runtimes;
    this.#random = random;
    this.#signatures = signatures;
  }

  /** Deletes elements without a word of why. @returns how many */
  deleteBare(log: MeshLogTables): number {
    const opened = this.#open(log);
    if (opened === undefined) return 0;
    const { document, target } = opened;
    const places = [...document.elements()].map(({ place }) => place);
    const chosen = this.#random.shuffled(places).slice(0, this.#random.between(1, 3));
    const change = document.edit([], chosen);
    if (change !== undefined) this.#push(target, [change.update]);
    document.destroy();
    return change === undefined ? 0 : chosen.length;
  }

  /** Sends stored updates once more, in another order. @returns how many */
  repeat(log: MeshLogTables): number {
    const target = this.#target(log);
    if (target === undefined) return 0;
    const stored = log.read(target.guid, 0);
    const updates = (stored?.rows ?? []).map(({ update }) => update);
    const chosen = this.#random.shuffled(updates).slice(0, 4);
    if (chosen.length > 0) this.#push(target, chosen);
    return chosen.length;
  }

  /** Signs somebody else's envelope with a key of its own. @returns the text it now vouches for */
  async steal(log: MeshLogTables): Promise<string> {
    const opened = this.#open(log);
    if (opened === undefined) return '';
    const { document, target } = opened;
    const envelopes = [...document.elements()].flatMap(
      ({ element }) => envelopeBytes(element) ?? [],
    );
    if (envelopes.length === 0) return '';
    const envelope = this.#random.pick(envelopes);
    const change = document.edit([await this.#sign(target, envelope)], []);
    if (change !== undefined) this.#push(target, [change.update]);
    document.destroy();
    return decodeUtf8(decodeEnvelope(envelope).data);
  }

  async #sign({ namespace, segment }: Target, envelope: Uint8Array): Promise<Uint8Array> {
    const seed = this.#random.fork('thief').bytes(32);
    const key = await this.#signatures.publicKey(seed);
    const context = segmentContext(MESH, namespace, segment);
    const commit = {
      agent: toHex(key) as never,
      writer: toHex(this.#random.bytes(8)) as WriterId,
      session: toHex(this.#random.bytes(8)) as SessionId,
      clock: 1 + this.#random.int(1_000_000),
      versions: [envelopeVersion(context, key, envelope)],
    };
    const signature = await this.#signatures.sign(seed, commitDigest(context, commit));
    return encodeCommitElement(commit, signature, envelope);
  }

  #open(
    log: MeshLogTables,
  ): { readonly document: SegmentDocument; readonly target: Target } | undefined {
    const target = this.#target(log);
    const stored = target === undefined ? undefined : log.read(target.guid, 0);
    if (target === undefined || stored === undefined) return undefined;
    const document = new SegmentDocument(target.guid, 1 + this.#random.int(2 ** 31));
    if (stored.base !== undefined) document.apply(stored.base.update);
    for (const { update } of stored.rows) document.apply(update);
    return { document, target };
  }

  #target(log: MeshLogTables): Target | undefined {
    const heads = log.heads();
    return heads.length === 0 ? undefined : this.#random.pick(heads);
  }

  #push({ namespace, segment }: Target, updates: readonly Uint8Array[]): void {
    const runtime = this.#runtimes.start('stranger');
    const transport = this.#network.dial({ from: 'stranger', to: 'relay', runtime });
    const close = (): void => {
      runtime.kill();
      transport.close().catch(() => undefined);
    };
    transport.start(
      (link) => {
        const send = (frame: Frame): void => {
          for (const bytes of encodeMessage(frame)) link.send(bytes);
        };
        send({
          type: 'hello',
          protocol: PROTOCOL_VERSION,
          mesh: MESH,
          replica: toHex(this.#random.bytes(16)) as ReplicaId,
          opened: { counter: 1, nonce: toHex(this.#random.bytes(16)) },
          agents: [],
          grants: [],
        });
        send({ type: 'subscribe', globs: ['nothing'], cursor: undefined });
        send({ type: 'introduce', document: 0, namespace, segment });
        for (const [i, update] of updates.entries()) {
          send({ type: 'push', number: i + 1, document: 0, update });
        }
        return { received: () => undefined, closed: () => undefined };
      },
      () => undefined,
    );
    runtime.after(4_000, close);
  }
}

function envelopeBytes(element: Uint8Array): Uint8Array | undefined {
  try {
    return decodeElement(element).envelope;
  } catch {
    return undefined;
  }
}
