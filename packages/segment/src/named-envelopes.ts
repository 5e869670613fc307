import {
  type AgentId,
  type Envelope,
  envelopeVersion,
  fromHex,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import type { Place } from './place.js';

export interface EnvelopeBody {
  readonly bytes: Uint8Array;
  readonly envelope: Envelope;
}

export interface EnvelopeCopy {
  readonly place: Place;
  readonly body: EnvelopeBody;
  /** Its version under each agent that was tried. Only the author's commit makes one count. */
  readonly versions: Map<AgentId, Version>;
}

interface Signer {
  readonly id: AgentId;
  readonly key: Uint8Array;
  /** Versions its commits list of which no copy is known. */
  readonly wanted: Set<Version>;
  /** Copies before this one were all tried under this agent, unless nothing was wanted. */
  tried: number;
}

/** What bears one nonce: more than one thing only where the same bytes lie twice, or somebody cheats. */
interface Bearers {
  readonly copies: EnvelopeCopy[];
  /** Commits of one that carry it. */
  singles: number;
}

/** Removed copies are kept in the sequence until they are this many, and half of it. */
const REMOVED_KEPT = 256;

/**
 * Envelope elements and the versions they have. An element does not say who wrote it, and its version
 * is a hash over its author: trying every agent of the segment would cost a hash for each pair. So an
 * envelope is named under the agent that most likely wrote it, and under another only while a commit
 * of that agent lists a version that nothing here has.
 */
export class NamedEnvelopes {
  readonly #context: Uint8Array;
  readonly #isListed: (version: Version) => boolean;
  readonly #signers = new Map<AgentId, Signer>();
  readonly #wanting = new Set<Signer>();
  readonly #byVersion = new Map<Version, EnvelopeCopy[]>();
  readonly #byNonce = new Map<string, Bearers>();
  /** Bytes that lie here twice have equal nonces. They are named under everybody, so that no copy is missed. */
  readonly #repeated = new Set<Bearers>();
  #sequence: (EnvelopeCopy | undefined)[] = [];
  readonly #indexOf = new Map<EnvelopeCopy, number>();
  #open = false;

  /** @param isListed does some commit of the set list this version? */
  constructor(context: Uint8Array, isListed: (version: Version) => boolean) {
    this.#context = context;
    this.#isListed = isListed;
  }

  /** The public key of an agent. */
  key(agent: AgentId): Uint8Array {
    return this.#signers.get(agent)?.key ?? fromHex(agent);
  }

  /** @param likely the agent who probably wrote it */
  add(place: Place, body: EnvelopeBody, likely: AgentId | undefined): EnvelopeCopy {
    const copy: EnvelopeCopy = { place, body, versions: new Map() };
    this.#indexOf.set(copy, this.#sequence.length);
    this.#sequence.push(copy);
    const signer = likely === undefined ? undefined : this.#signers.get(likely);
    if (signer !== undefined) this.#name(copy, signer);
    const bearers = this.#bearers(body.envelope.nonce);
    bearers.copies.push(copy);
    if (this.#repeated.has(bearers)) this.#nameUnderAll([copy]);
    else this.#watchRepeats(bearers);
    this.#open = true;
    return copy;
  }

  /** A commit of one carries this envelope: copies of it as an element have its version too. */
  addSingle(agent: AgentId, { envelope }: EnvelopeBody): void {
    this.#signer(agent);
    const bearers = this.#bearers(envelope.nonce);
    bearers.singles++;
    this.#watchRepeats(bearers);
  }

  removeSingle({ envelope }: EnvelopeBody): void {
    const bearers = this.#bearers(envelope.nonce);
    bearers.singles--;
    this.#dropUnborne(envelope.nonce, bearers);
  }

  remove(copy: EnvelopeCopy): void {
    const index = this.#indexOf.get(copy);
    if (index === undefined) return;
    this.#settle();
    this.#sequence[index] = undefined;
    this.#indexOf.delete(copy);
    const { nonce } = copy.body.envelope;
    const bearers = this.#bearers(nonce);
    bearers.copies.splice(bearers.copies.indexOf(copy), 1);
    this.#dropUnborne(nonce, bearers);
    for (const [agent, version] of copy.versions) {
      dropFrom(this.#byVersion, version, copy);
      const signer = this.#signers.get(agent);
      if (signer !== undefined && this.#isListed(version)) this.#want(signer, version);
    }
    const removed = this.#sequence.length - this.#indexOf.size;
    if (removed > REMOVED_KEPT && removed > this.#indexOf.size) this.#closeGaps();
  }

  /** A commit of this agent lists these versions. */
  listed(agent: AgentId, versions: readonly Version[]): void {
    const signer = this.#signer(agent);
    for (const version of versions) this.#want(signer, version);
  }

  /** A commit of this agent is gone, and with it what it listed. */
  unlisted(agent: AgentId, versions: readonly Version[]): void {
    const signer = this.#signers.get(agent);
    for (const version of versions) {
      if (!this.#isListed(version)) signer?.wanted.delete(version);
    }
  }

  /** The copies that have this version, if a commit of its author was listed. */
  of(version: Version): readonly EnvelopeCopy[] {
    this.#settle();
    return this.#byVersion.get(version) ?? [];
  }

  /** Every version of this copy that counts or may count. */
  versionsOf(copy: EnvelopeCopy): readonly Version[] {
    this.#settle();
    return [...copy.versions.values()];
  }

  #bearers(nonce: Uint8Array): Bearers {
    const name = toHex(nonce);
    const known = this.#byNonce.get(name);
    if (known !== undefined) return known;
    const bearers: Bearers = { copies: [], singles: 0 };
    this.#byNonce.set(name, bearers);
    return bearers;
  }

  #watchRepeats(bearers: Bearers): void {
    if (bearers.copies.length + bearers.singles < 2 || this.#repeated.has(bearers)) return;
    this.#repeated.add(bearers);
    this.#nameUnderAll(bearers.copies);
  }

  #nameUnderAll(copies: readonly EnvelopeCopy[]): void {
    for (const signer of this.#signers.values())
      for (const copy of copies) this.#name(copy, signer);
  }

  #dropUnborne(nonce: Uint8Array, bearers: Bearers): void {
    if (bearers.copies.length + bearers.singles > 0) return;
    this.#byNonce.delete(toHex(nonce));
    this.#repeated.delete(bearers);
  }

  #signer(agent: AgentId): Signer {
    const known = this.#signers.get(agent);
    if (known !== undefined) return known;
    const signer: Signer = { id: agent, key: fromHex(agent), wanted: new Set(), tried: 0 };
    this.#signers.set(agent, signer);
    for (const { copies } of this.#repeated) for (const copy of copies) this.#name(copy, signer);
    return signer;
  }

  #want(signer: Signer, version: Version): void {
    if (this.#byVersion.has(version)) return;
    signer.wanted.add(version);
    this.#wanting.add(signer);
    this.#open = true;
  }

  /** Tries what is here under every agent who still lists something that is not. */
  #settle(): void {
    if (!this.#open) return;
    this.#open = false;
    for (const signer of this.#wanting) {
      while (signer.wanted.size > 0 && signer.tried < this.#sequence.length) {
        const copy = this.#sequence[signer.tried++];
        if (copy !== undefined) this.#name(copy, signer);
      }
      if (signer.wanted.size === 0) this.#wanting.delete(signer);
    }
  }

  #name(copy: EnvelopeCopy, signer: Signer): void {
    if (copy.versions.has(signer.id)) return;
    const version = envelopeVersion(this.#context, signer.key, copy.body.bytes);
    copy.versions.set(signer.id, version);
    signer.wanted.delete(version);
    const copies = this.#byVersion.get(version);
    if (copies === undefined) this.#byVersion.set(version, [copy]);
    else copies.push(copy);
  }

  #closeGaps(): void {
    const before = [0];
    for (const copy of this.#sequence)
      before.push((before.at(-1) as number) + (copy === undefined ? 0 : 1));
    for (const signer of this.#signers.values()) signer.tried = before[signer.tried] as number;
    this.#sequence = this.#sequence.filter((copy) => copy !== undefined);
    for (const [index, copy] of this.#sequence.entries())
      if (copy !== undefined) this.#indexOf.set(copy, index);
  }
}

function dropFrom<K>(lists: Map<K, EnvelopeCopy[]>, key: K, copy: EnvelopeCopy): void {
  const rest = (lists.get(key) ?? []).filter((other) => other !== copy);
  if (rest.length === 0) lists.delete(key);
  else lists.set(key, rest);
}
