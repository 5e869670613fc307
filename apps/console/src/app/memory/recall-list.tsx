import { useQuestion } from '@mnemesh/react';
import { memo, type ReactNode } from 'react';
import { useLocation } from 'wouter';
import { recordPath } from '../data/record-path.js';
import { Age, Agent } from '../ui/agent.js';
import { ChoiceList } from '../ui/choice-list.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import type { MemoryListProps } from './memory-list.js';
import { type RecalledHit, recalled } from './questions.js';

const keyOf = ({ namespace, id }: RecalledHit): string => `${namespace}/${id}`;
const row = (hit: RecalledHit): ReactNode => <HitRow hit={hit} />;

/** What recall answers, best first, each with its citation and why it is there. */
export function RecallList({ filters, onOpen }: MemoryListProps): ReactNode {
  const [, go] = useLocation();
  const { data, error } = useQuestion(recalled, filters);
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined) return null;
  if (data.hits.length === 0) {
    return (
      <EmptyState icon="search" title="Nothing here speaks of that">
        Other words may find it. {data.coverage.held} of {data.coverage.known} segments were
        searched.
      </EmptyState>
    );
  }
  return (
    <>
      <p className="answer-note" role="status">
        {data.hits.length} {data.hits.length === 1 ? 'hit' : 'hits'}
        {data.abstain && ' · none of them says most of what was asked'}
        {data.note !== undefined && ` · ${data.note}`}
      </p>
      <ChoiceList
        label="What recall found, best first"
        className="hits"
        items={data.hits}
        keyOf={keyOf}
        row={row}
        rowHeight={96}
        onOpen={(hit) => {
          if (hit.collection === 'memory') onOpen(hit.id, hit.namespace);
          else go(pathBeside(hit, window.location.search));
        }}
      />
    </>
  );
}

/** What is shown beside the list keeps the question it was found by. */
function pathBeside(hit: RecalledHit, search: string): string {
  const path = recordPath(hit);
  if (!path.startsWith('/memory/')) return path;
  const [place, given] = path.split('?');
  const kept = new URLSearchParams(search);
  for (const [name, value] of new URLSearchParams(given)) kept.set(name, value);
  return `${place}?${kept}`;
}

const HitRow = memo(function HitRow({ hit }: { readonly hit: RecalledHit }): ReactNode {
  const { item } = hit;
  return (
    <div className="row-item">
      <p className="row-text">{hit.text}</p>
      <p className="row-about">
        <span className={`kind kind-${item?.kind ?? hit.collection}`}>
          {item?.kind ?? hit.collection}
        </span>
        {item?.topic !== undefined && <span className="topic">{item.topic}</span>}
        {hit.speaker === undefined ? <Agent id={hit.author} /> : <span>{hit.speaker}</span>}
        <Age at={hit.at ?? hit.createdAt} />
        {hit.conflicted && (
          <span className="mark mark-conflict">
            <Icon name="conflict" /> contradicted
          </span>
        )}
      </p>
      <p className="row-why">
        <span className="why">{hit.why}</span>
        <code className="cite" title="Citation: what “get” finds it by">
          {hit.uri}
        </code>
      </p>
    </div>
  );
});
