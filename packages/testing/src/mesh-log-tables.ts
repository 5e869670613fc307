import type { End, Guid, Incarnation, ReplicaId } from '@mnemesh/protocol';
import {
  type AppendedDocument,
  type AppendGroup,
  type ClaimedTask,
  type DocumentBase,
  type DocumentHead,
  type GrantedClaim,
  type LogIncarnation,
  REMEMBERED_INCARNATIONS,
  type ReplicaOpening,
  type StoredDocument,
} from '@mnemesh/relay';
import { decodeValue, encodeValue } from './journal-values.js';

/** One frame of a simulated update log's journal. */
export type MeshLogChange =
  | { readonly kind: 'incarnation'; readonly incarnation: Incarnation; readonly first: number }
  | { readonly kind: 'append'; readonly first: number; readonly group: AppendGroup }
  | { readonly kind: 'base'; readonly guid: Guid; readonly base: DocumentBase }
  | { readonly kind: 'drop'; readonly guid: Guid }
  | { readonly kind: 'end'; readonly end: End; readonly documents: readonly Guid[] }
  | { readonly kind: 'replica'; readonly replica: ReplicaId; readonly opening: ReplicaOpening }
  | { readonly kind: 'claim'; readonly task: ClaimedTask; readonly claim: GrantedClaim }
  | { readonly kind: 'closed' }
  | { readonly kind: 'confirmed' };

export function encodeMeshLogChange(change: MeshLogChange): Uint8Array {
  return encodeValue(change);
}

export function decodeMeshLogChange(payload: Uint8Array): MeshLogChange {
  return decodeValue(payload) as MeshLogChange;
}

interface DocumentRow {
  name: AppendedDocument;
  base: DocumentBase | undefined;
  last: number;
  readonly rows: Map<number, Uint8Array>;
}

/** The content of one mesh's update log, in memory: what its journal's frames add up to. */
export class MeshLogTables {
  #head = 0;
  #incarnations: readonly LogIncarnation[] = [];
  readonly #documents = new Map<Guid, DocumentRow>();
  readonly #ends: End[] = [];
  readonly #replicas = new Map<ReplicaId, ReplicaOpening>();
  readonly #claims = new Map<string, GrantedClaim>();
  #isOpen = false;
  #claimsInDoubt = false;

  get head(): number {
    return this.#head;
  }

  get incarnations(): readonly LogIncarnation[] {
    return this.#incarnations;
  }

  get ends(): readonly End[] {
    return this.#ends;
  }

  get claims(): number {
    return this.#claims.size;
  }

  get claimsInDoubt(): boolean {
    return this.#claimsInDoubt;
  }

  claim(task: ClaimedTask): GrantedClaim | undefined {
    return this.#claims.get(nameOf(task));
  }

  apply(change: MeshLogChange): void {
    switch (change.kind) {
      case 'incarnation': {
        const { incarnation, first } = change;
        const all = [...this.#incarnations, { incarnation, first }];
        this.#incarnations = all.slice(-REMEMBERED_INCARNATIONS);
        this.#claimsInDoubt ||= this.#isOpen;
        this.#isOpen = true;
        break;
      }
      case 'append':
        this.#append(change.first, change.group);
        break;
      case 'base': {
        const row = this.#documents.get(change.guid);
        if (row !== undefined) row.base = change.base;
        break;
      }
      case 'drop':
        this.#drop(change.guid);
        break;
      case 'end':
        this.#ends.push(change.end);
        for (const guid of change.documents) this.#documents.delete(guid);
        break;
      case 'replica':
        this.#replicas.set(change.replica, change.opening);
        break;
      case 'claim':
        this.#claims.set(nameOf(change.task), change.claim);
        break;
      case 'closed':
        this.#isOpen = false;
        break;
      case 'confirmed':
        this.#claimsInDoubt = false;
        break;
    }
  }

  /** @throws RangeError for a change that the port refuses */
  check(change: MeshLogChange): void {
    if (change.kind === 'append') checkGroup(change.group);
    if (change.kind !== 'base') return;
    const row = this.#documents.get(change.guid);
    const { through } = change.base;
    if (row === undefined || through < (row.base?.through ?? 0) || through > row.last) {
      throw new RangeError(`a base of ${change.guid} cannot cover up to ${through}`);
    }
  }

  heads(): readonly DocumentHead[] {
    return [...this.#documents.values()].map(headOf);
  }

  state(guid: Guid): Uint8Array | undefined {
    return this.#documents.get(guid)?.name.state.slice();
  }

  read(guid: Guid, after: number): StoredDocument | undefined {
    const row = this.#documents.get(guid);
    if (row === undefined) return undefined;
    const base = row.base !== undefined && row.base.through > after ? row.base : undefined;
    const rows = beyondBase(row)
      .filter(([number]) => number > after)
      .map(([number, update]) => ({ number, update: update.slice() }));
    return { base, rows, last: row.last };
  }

  /** Rows that are still there, also those a base covers: what a crash between compaction's two steps leaves. */
  storedRows(guid: Guid): readonly number[] {
    return [...(this.#documents.get(guid)?.rows.keys() ?? [])];
  }

  replica(replica: ReplicaId): ReplicaOpening | undefined {
    return this.#replicas.get(replica);
  }

  #append(first: number, group: AppendGroup): void {
    for (const name of group.documents) {
      const row = this.#documents.get(name.guid);
      if (row === undefined) {
        this.#documents.set(name.guid, { name, base: undefined, last: 0, rows: new Map() });
      } else {
        row.name = name;
      }
    }
    group.updates.forEach(({ guid, update }, index) => {
      const row = this.#documents.get(guid) as DocumentRow;
      row.last = first + index;
      row.rows.set(row.last, update);
    });
    this.#head = first + group.updates.length - 1;
  }

  #drop(guid: Guid): void {
    const row = this.#documents.get(guid);
    for (const number of [...(row?.rows.keys() ?? [])]) {
      if (number <= (row?.base?.through ?? 0)) row?.rows.delete(number);
    }
  }
}

function nameOf({ namespace, record }: ClaimedTask): string {
  return `${namespace}\n${record}`;
}

function headOf(row: DocumentRow): DocumentHead {
  const { guid, namespace, segment, hash } = row.name;
  const rows = beyondBase(row);
  let rowBytes = 0;
  for (const [, update] of rows) rowBytes += update.length;
  const bytes = (row.base?.update.length ?? 0) + rowBytes;
  return { guid, namespace, segment, bytes, rows: rows.length, rowBytes, last: row.last, hash };
}

function beyondBase(row: DocumentRow): readonly (readonly [number, Uint8Array])[] {
  const through = row.base?.through ?? 0;
  return [...row.rows].filter(([number]) => number > through);
}

function checkGroup(group: AppendGroup): void {
  if (group.updates.length === 0) throw new RangeError('an append needs an update');
  const named = new Set(group.documents.map((document) => document.guid));
  for (const { guid } of group.updates) {
    if (!named.has(guid)) throw new RangeError(`the group has no state for ${guid}`);
  }
}
