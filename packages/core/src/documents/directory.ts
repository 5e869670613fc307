import {
  type AgentId,
  MnemeshError,
  type Namespace,
  parseNamespace,
  type RecordId,
  recordId,
  type SegmentName,
  sha256Hex,
} from '@mnemesh/protocol';
import * as v from 'valibot';
import * as Y from 'yjs';
import { defineCollection, setOf } from '../collections/schema.js';
import { authorKinds } from '../identity.js';
import { policies } from '../records/policies.js';
import type { SegmentPlace } from './segment-place.js';
import type { Segments } from './segments.js';

/** The namespace of the directory's own records, and its only segment. */
export const DIRECTORY_NAMESPACE = parseNamespace('directory');

/** A namespace that users may name. @throws MnemeshError `bad_input` */
export function parseOpenNamespace(name: string): Namespace {
  const namespace = parseNamespace(name);
  if (namespace !== DIRECTORY_NAMESPACE) return namespace;
  throw new MnemeshError(
    'bad_input',
    "The directory is the mesh's own: what is said there of members and namespaces is neither edited nor forgotten by hand. Choose another namespace.",
  );
}
const DIRECTORY_SEGMENT = '0' as SegmentName;
/** Root map of the directory document: one subdocument for each segment, an index for any Yjs tool. Never authority. */
const INDEX = 'segments';

export const memberDefinition = defineCollection({
  name: 'member',
  namespace: DIRECTORY_NAMESPACE,
  stateField: 'agent',
  fields: {
    agent: v.string(),
    name: v.string(),
    /** Declared by the agent's own key, where that is made. Absent: `agent`. */
    kind: v.optional(v.picklist(authorKinds)),
    /** What it can do, as its last session declared. */
    capabilities: setOf(v.string(), (word) => word),
  },
  writeOnce: ['agent', 'kind'],
  searched: [],
});

/** How one collection of a namespace is resolved; `*` stands for all of them. */
export const collectionPolicy = v.object({
  collection: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
  policy: v.picklist(policies),
  /** The agent whose value wins under `authority-wins`. */
  authority: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
});
export type CollectionPolicy = v.InferOutput<typeof collectionPolicy>;

export const namespaceDefinition = defineCollection({
  name: 'namespace',
  namespace: DIRECTORY_NAMESPACE,
  stateField: 'namespace',
  fields: {
    namespace: v.string(),
    /** For every collection that `policies` has no entry for. */
    policy: v.optional(v.picklist(policies), 'merge'),
    policies: setOf(collectionPolicy, ({ collection }) => collection),
    /** Segments end when all that is in them is done with, and was for so long. Absent: never. */
    retentionDays: v.optional(v.number()),
  },
  writeOnce: ['namespace'],
  searched: [],
});

/** Ids of directory entries are derived, so that replicas that make the same entry apart make one. */
export function memberId(agent: AgentId): RecordId {
  return recordId(DIRECTORY_SEGMENT, sha256Hex(`member\n${agent}`).slice(0, 26));
}

export function namespaceId(namespace: Namespace): RecordId {
  return recordId(DIRECTORY_SEGMENT, sha256Hex(`namespace\n${namespace}`).slice(0, 26));
}

/** The directory's index of subdocuments. Core keeps its own instance of every segment, by guid. */
export class DirectoryIndex {
  readonly #segments: Segments;
  readonly #indexed = new Map<string, Promise<void>>();

  constructor(segments: Segments) {
    this.#segments = segments;
  }

  /**
   * Lists a segment, before anything is written into it: one that is stored was listed by whoever wrote it
   * first, so that later writes need not load the directory. Two replicas that do so apart put
   * equal guids under one key; Yjs then swaps the losing instance for an empty one, which is harmless
   * here because nobody writes into it.
   */
  add(place: SegmentPlace): Promise<void> {
    const { namespace, guid } = place;
    if (namespace === DIRECTORY_NAMESPACE || this.#segments.isStored(guid))
      return Promise.resolve();
    const adding = this.#indexed.get(guid) ?? this.#list(place);
    this.#indexed.set(guid, adding);
    return adding;
  }

  async #list({ namespace, segment, guid }: SegmentPlace): Promise<void> {
    const directory = this.#segments.place(DIRECTORY_NAMESPACE, DIRECTORY_SEGMENT);
    const key = `${namespace}/${segment}`;
    await this.#segments.use(directory, (opened) =>
      opened.alter((document) =>
        document.alter((doc) => {
          const index = doc.getMap<Y.Doc>(INDEX);
          if (!index.has(key)) index.set(key, new Y.Doc({ guid }));
        }),
      ),
    );
  }
}
