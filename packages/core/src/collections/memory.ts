import type { RecordId } from '@mnemesh/protocol';
import type { Write } from '../write.js';
import type { Collection, CreateOptions, ListQuery } from './collection.js';
import type {
  ImportedItem,
  MemoryInput,
  MemoryItem,
  MemoryPatch,
  SimilarItem,
} from './memory-item.js';
import type { MemoryWrite } from './memory-write.js';

export interface MemoryQuery extends ListQuery {
  readonly topic?: string;
  readonly pinned?: true;
  /** Only items that name this among their `sources`. Of `topic`, `pinned` and `source`, give one. */
  readonly source?: string;
  /** False leaves out what some other item takes the place of; true gives only that. Default: both. */
  readonly superseded?: boolean;
  /**
   * ISO 8601. Only items valid then: at or after `validFrom` and before `validTo`. With `superseded: false`,
   * an item counts until what supersedes it is valid.
   */
  readonly asOf?: string;
}

/** What an item took the place of, and what took its place. */
export interface Lineage {
  readonly item: MemoryItem;
  /** Nearest first, through every generation that is held here. */
  readonly supersedes: readonly MemoryItem[];
  readonly supersededBy: readonly MemoryItem[];
  /** Forgotten items supersede on; of them only the ids are left. */
  readonly forgotten: readonly RecordId[];
}

export interface Memory extends Collection<MemoryItem, MemoryInput, MemoryPatch> {
  in(namespace: string): Memory;
  /** Text that this session read in an item, stored again, becomes a confirmation of that item: see `MemoryWrite.confirmed`. */
  create(input: MemoryInput, options?: CreateOptions): MemoryWrite;
  /** Creates an item under a derived id, in the topics of what it supersedes. One that exists already is left as it is. @throws MnemeshError `not_found` when it was forgotten */
  import(item: ImportedItem): Write<MemoryItem>;
  get(id: RecordId, at?: { readonly asOf?: string }): Promise<MemoryItem | undefined>;
  list(query?: MemoryQuery): Promise<readonly MemoryItem[]>;
  count(query?: MemoryQuery): Promise<number>;
  /**
   * One item that takes the place of all of these.
   * @throws MnemeshError `not_found` for one that is not held here
   */
  reconcile(
    ids: readonly RecordId[],
    input: MemoryInput,
    options?: CreateOptions & { readonly reason?: string },
  ): MemoryWrite;
  /**
   * A summary or reflection of these items, which it names as its sources. It takes their place only
   * when asked to, and never that of anything written meanwhile.
   * @throws MnemeshError `not_found` for one that is not held here
   */
  summarize(
    ids: readonly RecordId[],
    input: MemoryInput,
    options?: CreateOptions & { readonly supersede?: boolean },
  ): MemoryWrite;
  /** Other items that say nearly the same, most alike first. Nothing is merged. */
  similar(to: RecordId | { readonly content: string }): Promise<readonly SimilarItem[]>;
  /** Undefined for an item that is not held here. */
  lineage(id: RecordId): Promise<Lineage | undefined>;
  /** Items that name this one, forgotten or not, in `sources` or `supersedes`: whoever forgets it may want to forget them too. */
  dependents(id: RecordId): Promise<readonly MemoryItem[]>;
}
