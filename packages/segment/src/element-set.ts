import {
  type AgentId,
  type Causal,
  type Commit,
  concatBytes,
  decodeElement,
  decodeEnvelope,
  type Element,
  encodedCommitDigest,
  envelopeHash,
  type RecordId,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import { type EnvelopeBody, type EnvelopeCopy, NamedEnvelopes } from './named-envelopes.js';
import { type Place, placeKey } from './place.js';

/** A commit with its signature, as found in a segment. The signature is checked by whoever asks for `unverified`. */
export interface SignedCommit {
  readonly commit: Commit;
  /** What `encodeCommit` makes of it. */
  readonly encoded: Uint8Array;
  readonly signature: Uint8Array;
  /** What was signed. */
  readonly digest: Uint8Array;
}

/** An envelope listed by a verified commit of its segment. */
export interface VerifiedEnvelope extends Causal {
  readonly id: RecordId;
  readonly field: string;
  readonly data: Uint8Array;
  /** The bytes that were hashed, and the commit that vouches for them: enough to put the envelope back. */
  readonly bytes: Uint8Array;
  readonly signed: SignedCommit;
}

type CommitElement = Extract<Element, { readonly kind: 'commit' }>;

interface CommitCopy {
  readonly place: Place;
  readonly entry: CommitEntry;
}
interface CommitEntry extends SignedCommit {
  readonly key: string;
  readonly single: EnvelopeBody | undefined;
  readonly places: Place[];
  verified: boolean | undefined;
}

/**
 * The elements of one segment: which envelopes they prove, and which elements are not needed.
 * Holds no document, so a replica and a relay's compaction decide alike.
 */
export class ElementSet {
  readonly #context: Uint8Array;
  readonly #commits = new Map<string, CommitEntry>();
  readonly #commitAt = new Map<string, CommitCopy>();
  readonly #envelopeAt = new Map<string, EnvelopeCopy>();
  readonly #commitsByVersion = new Map<Version, CommitEntry[]>();
  readonly #envelopes: NamedEnvelopes;
  /** Who wrote the last commit that came from a client: its envelopes follow it. */
  readonly #committers = new Map<number, AgentId>();
  readonly #unsettled = new Set<CommitEntry>();
  #malformed = 0;

  /** @param context see `segmentContext` */
  constructor(context: Uint8Array) {
    this.#context = context;
    this.#envelopes = new NamedEnvelopes(context, (version) => this.#commitsByVersion.has(version));
  }

  /** Elements that no version of this protocol wrote. They are kept, and never become records. */
  get malformed(): number {
    return this.#malformed;
  }

  get size(): number {
    return this.#commitAt.size + this.#envelopeAt.size;
  }

  add(place: Place, element: Uint8Array): void {
    try {
      const parsed = decodeElement(element);
      if (parsed.kind === 'envelope') this.#addEnvelope(place, parsed.envelope);
      else this.#addCommit(place, parsed);
    } catch {
      this.#malformed++;
    }
  }

  remove(place: Place): readonly Version[] {
    const at = placeKey(place);
    const commit = this.#commitAt.get(at);
    if (commit !== undefined) {
      this.#commitAt.delete(at);
      const { entry } = commit;
      removePlace(entry.places, place);
      if (entry.places.length === 0) this.#forgetCommit(entry);
      return entry.commit.versions;
    }
    const copy = this.#envelopeAt.get(at);
    if (copy === undefined) return [];
    this.#envelopeAt.delete(at);
    const versions = this.#envelopes.versionsOf(copy);
    this.#envelopes.remove(copy);
    return versions.filter((version) => this.#commitsByVersion.has(version));
  }

  /** Commits whose signature nobody has checked yet. */
  unverified(): readonly SignedCommit[] {
    return [...this.#unsettled];
  }

  /** Tells the verdict on a commit of `unverified`. */
  settle(signed: SignedCommit, verified: boolean): void {
    const entry = signed as CommitEntry;
    entry.verified = verified;
    this.#unsettled.delete(entry);
  }

  /** The envelopes these versions stand for, where a verified commit lists them. */
  prove(versions: Iterable<Version>): readonly VerifiedEnvelope[] {
    const proven: VerifiedEnvelope[] = [];
    for (const version of versions) {
      const envelope = this.#prove(version);
      if (envelope !== undefined) proven.push(envelope);
    }
    return proven;
  }

  /** Every version that some commit lists, verified or not. */
  versions(): Iterable<Version> {
    return this.#commitsByVersion.keys();
  }

  /** Versions that arrived, in a commit or as an envelope whose commit was here before, since `add` was called for `places`. */
  versionsAt(places: Iterable<Place>): ReadonlySet<Version> {
    const found = new Set<Version>();
    for (const place of places) {
      const at = placeKey(place);
      for (const version of this.#commitAt.get(at)?.entry.commit.versions ?? []) found.add(version);
      const copy = this.#envelopeAt.get(at);
      if (copy === undefined) continue;
      for (const version of this.#envelopes.versionsOf(copy)) {
        if (this.#commitsByVersion.has(version)) found.add(version);
      }
    }
    return found;
  }

  /** Is this version in the document, with a verified commit that lists it? */
  isPresent(version: Version): boolean {
    return this.#voucher(version) !== undefined;
  }

  /**
   * Is this envelope in the document, by the commit that it counts by or by one that counts before
   * it? A copy by a later commit of its author is not enough: who sees only that one would read
   * another clock. Put-back asks here, and sweep keeps what this needs; with rules of their own they
   * would fight for ever.
   */
  isPresentAs({ version, signed }: Pick<VerifiedEnvelope, 'version' | 'signed'>): boolean {
    const voucher = this.#voucher(version);
    return voucher !== undefined && !vouchesBefore(signed, voucher);
  }

  hasCommit(signed: SignedCommit): boolean {
    return this.#commits.has(commitKey(signed));
  }

  /**
   * Elements that are the kept copy of no live version.
   * @param isLive decides on a verified version
   * @param isOver decides on an envelope that nobody vouches for: its record is tombstoned
   */
  sweepable(
    isLive: (version: Version) => boolean,
    isOver: (id: RecordId) => boolean,
  ): readonly Place[] {
    const places: Place[] = [];
    for (const { place, entry } of this.#commitAt.values()) {
      if (!this.#commitIsNeeded(place, entry, isLive, isOver)) places.push(place);
    }
    for (const copy of this.#envelopeAt.values()) {
      if (!this.#envelopeIsNeeded(copy, isLive, isOver)) places.push(copy.place);
    }
    return places;
  }

  /** Where the copies of these versions lie, and the commits that list nothing else. */
  placesOf(versions: ReadonlySet<Version>): readonly Place[] {
    const places = new Map<string, Place>();
    for (const version of versions) {
      for (const copy of this.#envelopes.of(version)) places.set(placeKey(copy.place), copy.place);
      for (const entry of this.#commitsByVersion.get(version) ?? []) {
        if (!entry.commit.versions.every((listed) => versions.has(listed))) continue;
        for (const place of entry.places) places.set(placeKey(place), place);
      }
    }
    return [...places.values()];
  }

  /** Whose envelopes these places hold, verified or not. */
  idsAt(places: Iterable<Place>): ReadonlySet<RecordId> {
    const ids = new Set<RecordId>();
    for (const place of places) {
      const at = placeKey(place);
      const single = this.#commitAt.get(at)?.entry.single;
      if (single !== undefined) ids.add(single.envelope.id);
      const copy = this.#envelopeAt.get(at);
      if (copy !== undefined) ids.add(copy.body.envelope.id);
    }
    return ids;
  }

  #addEnvelope(place: Place, bytes: Uint8Array): void {
    const body = { bytes, envelope: decodeEnvelope(bytes) };
    const copy = this.#envelopes.add(place, body, this.#committers.get(place.client));
    this.#envelopeAt.set(placeKey(place), copy);
  }

  #addCommit(place: Place, element: CommitElement): void {
    const { signature, envelope } = element;
    let { commit, encoded } = element;
    let single: EnvelopeBody | undefined;
    if (envelope !== undefined) {
      single = { bytes: envelope, envelope: decodeEnvelope(envelope) };
      const hash = envelopeHash(this.#context, this.#envelopes.key(commit.agent), envelope);
      commit = { ...commit, versions: [toHex(hash) as Version] };
      encoded = concatBytes([encoded, hash]);
    }
    const digest = encodedCommitDigest(this.#context, encoded);
    const key = commitKey({ digest, signature });
    let entry = this.#commits.get(key);
    if (entry === undefined) {
      entry = { key, commit, encoded, signature, digest, single, places: [], verified: undefined };
      this.#commits.set(key, entry);
      this.#unsettled.add(entry);
      for (const version of commit.versions) addTo(this.#commitsByVersion, version, entry);
      if (single === undefined) this.#envelopes.listed(commit.agent, commit.versions);
      else this.#envelopes.addSingle(commit.agent, single);
    }
    if (single === undefined) this.#committers.set(place.client, commit.agent);
    entry.places.push(place);
    this.#commitAt.set(placeKey(place), { place, entry });
  }

  #forgetCommit(entry: CommitEntry): void {
    this.#commits.delete(entry.key);
    this.#unsettled.delete(entry);
    for (const version of entry.commit.versions) removeFrom(this.#commitsByVersion, version, entry);
    if (entry.single !== undefined) this.#envelopes.removeSingle(entry.single);
    this.#envelopes.unlisted(entry.commit.agent, entry.commit.versions);
  }

  #prove(version: Version): VerifiedEnvelope | undefined {
    const proof = this.#voucher(version);
    const body = proof === undefined ? undefined : this.#vouchedBody(proof, version);
    if (proof === undefined || body === undefined) return undefined;
    const { commit } = proof;
    return {
      version,
      agent: commit.agent,
      session: commit.session,
      clock: commit.clock,
      context: body.envelope.context,
      id: body.envelope.id,
      field: body.envelope.field,
      data: body.envelope.data,
      bytes: body.bytes,
      signed: proof,
    };
  }

  /** What this commit vouches for under `version`. Listing what another agent wrote vouches for nothing. */
  #vouchedBody(entry: CommitEntry, version: Version): EnvelopeBody | undefined {
    if (entry.single !== undefined) return entry.single;
    const copy = this.#envelopes.of(version)[0];
    return copy?.versions.get(entry.commit.agent) === version ? copy.body : undefined;
  }

  /** The verified commit by which this version counts, while its envelope is here. */
  #voucher(version: Version): CommitEntry | undefined {
    let voucher: CommitEntry | undefined;
    for (const entry of this.#commitsByVersion.get(version) ?? []) {
      if (entry.verified !== true || this.#vouchedBody(entry, version) === undefined) continue;
      if (voucher === undefined || vouchesBefore(entry, voucher)) voucher = entry;
    }
    return voucher;
  }

  #commitIsNeeded(
    place: Place,
    entry: CommitEntry,
    isLive: (version: Version) => boolean,
    isOver: (id: RecordId) => boolean,
  ): boolean {
    if (entry.verified !== true)
      return entry.single === undefined || !isOver(entry.single.envelope.id);
    if (entry.single === undefined) {
      return entry.commit.versions.some(isLive) && samePlace(lowest(entry.places), place);
    }
    const version = entry.commit.versions[0] as Version;
    return isLive(version) && this.#isKeptCopy(version, place);
  }

  #envelopeIsNeeded(
    copy: EnvelopeCopy,
    isLive: (version: Version) => boolean,
    isOver: (id: RecordId) => boolean,
  ): boolean {
    const proven = this.#envelopes.versionsOf(copy).filter((version) => this.isPresent(version));
    if (proven.length === 0) return !isOver(copy.body.envelope.id);
    return proven.some((version) => isLive(version) && this.#isKeptCopy(version, copy.place));
  }

  /**
   * Two copies of a version may have to stay. The lowest of all, because others who see fewer copies
   * judge alike; and the lowest of those by which the version counts, or its clock would change.
   */
  #isKeptCopy(version: Version, place: Place): boolean {
    const envelopes = this.#envelopes.of(version).map((copy) => copy.place);
    const singles = (this.#commitsByVersion.get(version) ?? [])
      .filter((entry) => entry.verified === true && entry.single !== undefined)
      .flatMap((entry) => entry.places);
    if (samePlace(lowest([...envelopes, ...singles]), place)) return true;
    const voucher = this.#voucher(version);
    return samePlace(lowest(voucher?.single === undefined ? envelopes : voucher.places), place);
  }
}

/** Names a commit with its signature: equal for equal bytes in one segment. */
function commitKey({ digest, signature }: Pick<SignedCommit, 'digest' | 'signature'>): string {
  return toHex(digest) + toHex(signature);
}

/** An agent may list one version in two commits; every replica takes the same one, in whatever order they came. */
export function vouchesBefore(a: SignedCommit, b: SignedCommit): boolean {
  if (a.commit.clock !== b.commit.clock) return a.commit.clock < b.commit.clock;
  return (compareBytes(a.digest, b.digest) || compareBytes(a.signature, b.signature)) < 0;
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  }
  return a.length - b.length;
}

function comparePlaces(a: Place, b: Place): number {
  return a.client - b.client || a.clock - b.clock;
}

function lowest(places: readonly Place[]): Place | undefined {
  let found: Place | undefined;
  for (const place of places)
    if (found === undefined || comparePlaces(place, found) < 0) found = place;
  return found;
}

function samePlace(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.client === b.client && a.clock === b.clock;
}

function removePlace(places: Place[], place: Place): void {
  const index = places.findIndex((other) => samePlace(other, place));
  if (index >= 0) places.splice(index, 1);
}

function addTo<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function removeFrom<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) return;
  const rest = list.filter((other) => other !== value);
  if (rest.length === 0) lists.delete(key);
  else lists.set(key, rest);
}
