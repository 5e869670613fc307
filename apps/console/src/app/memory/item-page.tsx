import type { MemoryItem } from '@mnemesh/core';
import { parseRecordId, type RecordId } from '@mnemesh/protocol';
import { useMesh, useQuestion } from '@mnemesh/react';
import { Fragment, type ReactNode, useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { recordPath } from '../data/record-path.js';
import { useWriter } from '../session/workplace.js';
import { Age, Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { exactly } from '../ui/moments.js';
import { ForgetSheet } from './forget-sheet.js';
import { ItemForm } from './item-form.js';
import { type ItemStory, itemStory, memoryOf } from './questions.js';
import { Receipts } from './receipts.js';

interface ItemPageProps {
  readonly id: string;
  readonly editing?: boolean;
  readonly onClose: () => void;
  onOpen(id: string, namespace: string): void;
}

export function ItemPage({ id, editing = false, onClose, onOpen }: ItemPageProps): ReactNode {
  const [search] = useSearchParams();
  const namespace = search.get('in') ?? undefined;
  const place = { id: id as RecordId, ...(namespace === undefined ? {} : { namespace }) };
  const { data, error } = useQuestion(itemStory, isId(id) ? place : undefined);
  if (!isId(id)) return <EmptyState icon="search" title="That is no item’s id" />;
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined) return null;
  if (data === null) return <Receipts {...place} onClose={onClose} />;
  if (editing) {
    const done = (item: MemoryItem | undefined): void =>
      onOpen(item?.id ?? data.item.id, data.item.namespace);
    return <ItemForm corrects={data.item} onDone={done} />;
  }
  return <Story story={data} onClose={onClose} onOpen={onOpen} />;
}

function isId(text: string): boolean {
  try {
    parseRecordId(text);
    return true;
  } catch {
    return false;
  }
}

interface StoryProps extends Pick<ItemPageProps, 'onClose' | 'onOpen'> {
  readonly story: ItemStory;
}

function Story({ story, onClose, onOpen }: StoryProps): ReactNode {
  const { item } = story;
  const isReplaced = story.supersededBy.length > 0;
  return (
    <article className="detail">
      <header className="detail-head">
        <span className={`kind kind-${item.kind}`}>{item.kind}</span>
        {item.topic !== undefined && (
          <Link className="topic" href={`/memory?topic=${encodeURIComponent(item.topic)}`}>
            {item.topic}
          </Link>
        )}
        <button type="button" className="bare" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <Warnings story={story} />
      <p className={isReplaced ? 'content content-replaced' : 'content'}>{item.content}</p>
      <Actions story={story} />
      <Provenance item={item} />
      <LineageOf story={story} onOpen={onOpen} />
      <Dependents story={story} onOpen={onOpen} />
    </article>
  );
}

function Warnings({ story }: { readonly story: ItemStory }): ReactNode {
  const open = story.conflicts.filter((conflict) => conflict.open);
  const successor = story.supersededBy[0];
  return (
    <>
      {open.length > 0 && (
        <p className="notice notice-warn">
          <Icon name="conflict" /> Something written apart contradicts it.{' '}
          <Link href="/memory/conflicts">Settle it</Link>
        </p>
      )}
      {successor !== undefined && (
        <p className="notice">
          Replaced <Age at={successor.createdAt} /> by <Agent id={successor.createdBy} />.
        </p>
      )}
    </>
  );
}

function Actions({ story }: { readonly story: ItemStory }): ReactNode {
  const { item } = story;
  const mesh = useMesh();
  const write = useWriter();
  const [, go] = useLocation();
  const [forgetting, setForgetting] = useState(false);
  const memory = memoryOf(mesh, item.namespace);
  const pin = item.pinned !== true;
  return (
    <div className="row actions">
      <button
        type="button"
        onClick={() => go(`/memory/item/${item.id}/edit${window.location.search}`)}
      >
        <Icon name="edit" /> Correct
      </button>
      <button
        type="button"
        aria-pressed={!pin}
        onClick={() =>
          void write(pin ? 'Pinned' : 'Unpinned', () => memory.update(item.id, { pinned: pin }))
        }
      >
        <Icon name="pin" /> {pin ? 'Pin' : 'Pinned'}
      </button>
      <button type="button" className="danger" onClick={() => setForgetting(true)}>
        <Icon name="forget" /> Forget
      </button>
      {forgetting && <ForgetSheet story={story} onClose={() => setForgetting(false)} />}
    </div>
  );
}

function Provenance({ item }: { readonly item: MemoryItem }): ReactNode {
  const facts: readonly (readonly [string, ReactNode])[] = [
    [
      'Written by',
      <Fragment key="by">
        <Agent id={item.createdBy} />{' '}
        <span className="quiet">{item.authorKind === 'human' ? 'a person' : 'an agent'}</span>
      </Fragment>,
    ],
    ['Written', exactly(item.createdAt)],
    ...(item.validFrom === undefined
      ? []
      : ([['Valid from', item.validFrom.slice(0, 10)]] as const)),
    ...(item.validTo === undefined ? [] : ([['Valid until', item.validTo.slice(0, 10)]] as const)),
    ...(item.importance === undefined
      ? []
      : ([['Importance', `${Math.round(item.importance * 100)} of 100`]] as const)),
    ...(item.sensitivity === undefined ? [] : ([['Sensitivity', item.sensitivity]] as const)),
    ...(item.tags.length === 0
      ? []
      : ([['Tags', item.tags.map((tag) => <Tag key={tag} tag={tag} />)]] as const)),
    ...((item.sources ?? []).length === 0
      ? []
      : ([
          [
            'Sources',
            item.sources?.map((one) => (
              <Source key={one} source={one} namespace={item.namespace} />
            )),
          ],
        ] as const)),
    ...(item.confirmations.length === 0
      ? []
      : ([
          [
            'Confirmed by',
            item.confirmations.map(({ agent, at }) => (
              <span key={agent} title={exactly(at)}>
                <Agent id={agent} />{' '}
              </span>
            )),
          ],
        ] as const)),
    ['Citation', <code key="uri">{`mnemesh://${item.namespace}/${item.id}`}</code>],
  ];
  return (
    <section>
      <h3>Provenance</h3>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Tag({ tag }: { readonly tag: string }): ReactNode {
  return (
    <Link className="tag" href={`/memory?tag=${encodeURIComponent(tag)}`}>
      {tag}
    </Link>
  );
}

interface SourceProps {
  readonly source: string;
  /** Of the item that names it. */
  readonly namespace: string;
}

/** An address leads there, an id to its item; anything else is a name. */
function Source({ source, namespace }: SourceProps): ReactNode {
  if (/^https?:\/\//.test(source)) {
    return (
      <a className="source" href={source} target="_blank" rel="noreferrer">
        {source}
      </a>
    );
  }
  if (isId(source)) {
    return (
      <Link className="source" href={recordPath({ collection: 'memory', namespace, id: source })}>
        item {source}
      </Link>
    );
  }
  return <code className="source">{source}</code>;
}

interface PartProps extends Pick<ItemPageProps, 'onOpen'> {
  readonly story: ItemStory;
}

function LineageOf({ story, onOpen }: PartProps): ReactNode {
  const { item, supersedes, supersededBy, forgotten } = story;
  if (supersedes.length + supersededBy.length + forgotten.length === 0) return null;
  return (
    <section>
      <h3>Lineage</h3>
      <ol className="lineage">
        {[...supersededBy].reverse().map((one) => (
          <Generation key={one.id} item={one} what="later" onOpen={onOpen} />
        ))}
        <Generation item={item} what="this" onOpen={onOpen} />
        {supersedes.map((one) => (
          <Generation key={one.id} item={one} what="earlier" onOpen={onOpen} />
        ))}
        {forgotten.length > 0 && (
          <li className="generation generation-gone quiet">{forgotten.length} forgotten</li>
        )}
      </ol>
    </section>
  );
}

interface GenerationProps extends Pick<ItemPageProps, 'onOpen'> {
  readonly item: MemoryItem;
  readonly what: 'later' | 'this' | 'earlier';
}

function Generation({ item, what, onOpen }: GenerationProps): ReactNode {
  return (
    <li className={`generation generation-${what}`}>
      {what === 'this' ? (
        <span>{item.content}</span>
      ) : (
        <button type="button" className="linkish" onClick={() => onOpen(item.id, item.namespace)}>
          {item.content}
        </button>
      )}
      <span className="quiet">
        <Agent id={item.createdBy} /> · <Age at={item.createdAt} />
      </span>
    </li>
  );
}

function Dependents({ story, onOpen }: PartProps): ReactNode {
  const sourced = story.dependents.filter(({ sources = [] }) => sources.includes(story.item.id));
  if (sourced.length === 0) return null;
  return (
    <section>
      <h3>Rests on it</h3>
      <ul className="plain">
        {sourced.map((item) => (
          <li key={item.id}>
            <button
              type="button"
              className="linkish"
              onClick={() => onOpen(item.id, item.namespace)}
            >
              {item.content}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
