import {
  encodeCommitElement,
  encodeEnvelopeElement,
  fromHex,
  type MeshId,
  proseRecord,
  type RecordId,
  type Signatures,
  segmentContext,
  toHex,
  type Version,
} from '@mnemesh/protocol';
import {
  type DocumentState,
  ElementSet,
  emptyState,
  equalStates,
  type Place,
  readUpdate,
  SegmentDocument,
  type SignedCommit,
  standing,
  stateCovers,
  stateOf,
  uniteStates,
  type VerifiedEnvelope,
} from '@mnemesh/segment';
import type { DocumentName } from './update-log.js';

/** One document as stored, to be folded. */
export interface CompactionInput extends DocumentName {
  readonly mesh: MeshId;
  /** The base, if there is one, and every row after it, in order. */
  readonly updates: readonly Uint8Array[];
  /** A fresh random 53-bit number: whose additions the put-back envelopes are. */
  readonly clientId: number;
}

export interface Compaction {
  /** V1 update with the whole of the input, deleted content collected. */
  readonly base: Uint8Array;
  /** V1 update that follows on the input and puts back what nothing deletes rightfully. */
  readonly putBack: Uint8Array | undefined;
  /** Envelopes in `putBack`. */
  readonly envelopes: number;
}

/** The compaction port. Decodes whole documents, so in a server it works off the event loop. */
export interface Compactor {
  /** @throws Error when the input cannot be folded without loss; nothing was changed */
  compact(input: CompactionInput): Promise<Compaction>;
  /** Idempotent; a compaction under way may be given up. */
  close(): Promise<void>;
}

/** Compacts on the caller's own turn: for simulations, and inside a worker. */
export function inlineCompactor(signatures: Pick<Signatures, 'verify'>): Compactor {
  return {
    compact: (input) => compact(input, signatures),
    close: async () => undefined,
  };
}

async function compact(
  input: CompactionInput,
  signatures: Pick<Signatures, 'verify'>,
): Promise<Compaction> {
  const expected = stateOfAll(input.updates);
  // What was deleted of a text was deleted: it is no set of envelopes.
  if (proseRecord(input.segment) !== undefined)
    return { base: collected(input, expected), putBack: undefined, envelopes: 0 };
  const kept = new SegmentDocument(input.guid, input.clientId, false);
  try {
    kept.load(undefined, input.updates);
    const { elements, envelopes } = await toPutBack(kept, input, signatures);
    const putBack = envelopes === 0 ? undefined : kept.edit(elements, [])?.update;
    return { base: collected(input, expected), putBack, envelopes };
  } finally {
    kept.destroy();
  }
}

/** The document with deleted content collected. It must hold exactly what the log says is committed. */
function collected(input: CompactionInput, expected: DocumentState): Uint8Array {
  const document = new SegmentDocument(input.guid, input.clientId);
  try {
    document.load(undefined, input.updates);
    const base = document.encode();
    if (!folds(stateOf(readUpdate(base)), expected, input)) {
      throw new Error(`document ${input.guid} does not fold to the state its updates lead to`);
    }
    return base;
  } finally {
    document.destroy();
  }
}

/** A text may hold more deletions: of values that were set at the same time, Yjs deletes all but one. */
function folds(
  found: DocumentState,
  expected: DocumentState,
  { segment }: CompactionInput,
): boolean {
  if (proseRecord(segment) === undefined) return equalStates(found, expected);
  const clocksOf = ({ clocks }: DocumentState): DocumentState => ({ ...emptyState, clocks });
  return stateCovers(found, expected) && equalStates(clocksOf(found), clocksOf(expected));
}

function stateOfAll(updates: readonly Uint8Array[]): DocumentState {
  return updates.reduce(
    (state, update) => uniteStates(state, stateOf(readUpdate(update))),
    emptyState,
  );
}

/**
 * Collection destroys deleted content for good. A replaced value, or one of a forgotten record, may
 * go; an envelope that was merely deleted stands still, and must be copied out before.
 */
async function toPutBack(
  document: SegmentDocument,
  input: CompactionInput,
  signatures: Pick<Signatures, 'verify'>,
): Promise<PutBack> {
  if (document.state.deleted.size === 0) return nothingToPutBack;
  const deleted = [...document.deletedElements()];
  if (deleted.length === 0) return nothingToPutBack;
  const context = segmentContext(input.mesh, input.namespace, input.segment);
  const present = new ElementSet(context);
  const all = new ElementSet(context);
  for (const { place, element } of document.elements()) {
    present.add(place, element);
    all.add(place, element);
  }
  for (const { place, element } of deleted) all.add(place, element);
  // First every signature is believed: only records that then seem to miss something are checked.
  const commits = [all, present].map(believe);
  const places = deleted.map(({ place }) => place);
  const records = suspectRecords(all, present, places);
  if (records.size === 0) return nothingToPutBack;
  await verify(commits.flat(), records, signatures);
  const missing = missingEnvelopes(all, present, records);
  return { elements: putBackElements(missing, present), envelopes: missing.length };
}

interface PutBack {
  readonly elements: readonly Uint8Array[];
  readonly envelopes: number;
}

const nothingToPutBack: PutBack = { elements: [], envelopes: 0 };

/** A commit and the set whose verdict on it must be told. */
interface BelievedCommit {
  readonly set: ElementSet;
  readonly signed: SignedCommit;
}

function believe(set: ElementSet): readonly BelievedCommit[] {
  const commits = set.unverified().map((signed) => ({ set, signed }));
  for (const { signed } of commits) set.settle(signed, true);
  return commits;
}

/** Records of which a deleted envelope is not also present, with all their versions. */
function suspectRecords(
  all: ElementSet,
  present: ElementSet,
  deleted: readonly Place[],
): ReadonlyMap<RecordId, ReadonlySet<Version>> {
  const gone = all
    .prove(all.versionsAt(deleted))
    .filter((envelope) => !present.isPresentAs(envelope));
  const ids = new Set(gone.map((envelope) => envelope.id));
  const records = new Map<RecordId, Set<Version>>();
  if (ids.size === 0) return records;
  for (const { id, version } of all.prove(all.versions())) {
    if (ids.has(id)) records.set(id, (records.get(id) ?? new Set()).add(version));
  }
  return records;
}

/** Checks the commits that list any version of these records. The other verdicts are never asked for. */
async function verify(
  commits: readonly BelievedCommit[],
  records: ReadonlyMap<RecordId, ReadonlySet<Version>>,
  signatures: Pick<Signatures, 'verify'>,
): Promise<void> {
  const versions = new Set([...records.values()].flatMap((listed) => [...listed]));
  const verdicts = new Map<string, boolean>();
  for (const { set, signed } of commits) {
    const { commit, digest, signature } = signed;
    if (!commit.versions.some((version) => versions.has(version))) continue;
    const key = toHex(digest) + toHex(signature);
    const verdict =
      verdicts.get(key) ?? (await signatures.verify(fromHex(commit.agent), digest, signature));
    verdicts.set(key, verdict);
    set.settle(signed, verdict);
  }
}

function missingEnvelopes(
  all: ElementSet,
  present: ElementSet,
  records: ReadonlyMap<RecordId, ReadonlySet<Version>>,
): readonly VerifiedEnvelope[] {
  const missing: VerifiedEnvelope[] = [];
  for (const versions of records.values()) {
    const envelopes = all.prove(versions);
    missing.push(...standing(envelopes).filter((envelope) => !present.isPresentAs(envelope)));
  }
  return missing;
}

/** A commit of several envelopes is put back once, and not at all where it is present. */
function putBackElements(
  envelopes: readonly VerifiedEnvelope[],
  present: ElementSet,
): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  const commits = new Set<string>();
  for (const { bytes, signed } of envelopes) {
    const { commit, signature, digest } = signed;
    if (commit.versions.length === 1) {
      elements.push(encodeCommitElement(commit, signature, bytes));
      continue;
    }
    elements.push(encodeEnvelopeElement(bytes));
    const key = toHex(digest) + toHex(signature);
    if (commits.has(key) || present.hasCommit(signed)) continue;
    commits.add(key);
    elements.push(encodeCommitElement(commit, signature, undefined));
  }
  return elements;
}
