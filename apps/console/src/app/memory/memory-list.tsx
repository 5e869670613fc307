import type { Memory, MemoryItem } from '@mnemesh/core';
import { useMesh } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { WindowSource } from '../data/record-window.js';
import { useRecordWindow } from '../data/use-record-window.js';
import { ChoiceList } from '../ui/choice-list.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { ItemRow } from './item-row.js';
import { admits, isFiltered, type MemoryFilters, queryOf } from './memory-filters.js';
import { memoryOf } from './questions.js';

export interface MemoryListProps {
  readonly filters: MemoryFilters;
  readonly openId: string | undefined;
  onOpen(id: string, namespace: string): void;
}

const keyOf = ({ id }: MemoryItem): string => id;
const row = (item: MemoryItem): ReactNode => <ItemRow item={item} />;

/** What was known at a moment does not change by what is written now. */
function sourceOf(memory: Memory, asOf: string | undefined): WindowSource<MemoryItem> {
  if (asOf === undefined) return memory;
  return { list: (query) => memory.list(query), watch: () => () => undefined };
}

/** Everything that is remembered, newest first. */
export function MemoryList({ filters, openId, onOpen }: MemoryListProps): ReactNode {
  const mesh = useMesh();
  const list = useRecordWindow<MemoryItem>(`${mesh.session} ${JSON.stringify(filters)}`, () => ({
    source: sourceOf(memoryOf(mesh, filters.namespace), filters.asOf),
    options: {
      query: queryOf(filters),
      admits: (item) => admits(filters, item),
      displaces: (item) => (filters.replaced ? [] : (item.supersedes ?? [])),
    },
  }));
  if (list.error !== undefined) return <Refused error={list.error} />;
  if (list.items.length === 0) {
    if (list.isFresh || !list.isComplete) return null;
    return isFiltered(filters) ? (
      <EmptyState icon="search" title="Nothing matches these filters">
        Take one of them away, or show what was replaced, too.
      </EmptyState>
    ) : (
      <EmptyState icon="memory" title="Nothing is remembered yet">
        <p>What agents of this mesh store appears here as it arrives. Or begin:</p>
        <p>
          <Link href="/memory/new" className="button primary">
            Add the first item
          </Link>
        </p>
      </EmptyState>
    );
  }
  return (
    <ChoiceList
      label="Memory items, newest first"
      items={list.items}
      keyOf={keyOf}
      row={row}
      onOpen={(item) => onOpen(item.id, item.namespace)}
      openKey={openId}
      rowHeight={76}
      onEndNear={list.more}
    />
  );
}
