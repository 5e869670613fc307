import { memoryKinds } from '@mnemesh/core';
import { useConflicts, useMesh } from '@mnemesh/react';
import { type ReactNode, useCallback, useDeferredValue, useEffect, useRef, useState } from 'react';
import { Link, Route, Switch, useLocation, useSearchParams } from 'wouter';
import { nameOf, useAgents } from '../data/agents.js';
import { Icon } from '../ui/icon.js';
import { useEscape } from '../ui/use-escape.js';
import { ConflictInbox } from './conflict-inbox.js';
import { ItemForm } from './item-form.js';
import { ItemPage } from './item-page.js';
import { type FilterName, isFiltered, type MemoryFilters, readFilters } from './memory-filters.js';
import { MemoryList } from './memory-list.js';
import { RecallList } from './recall-list.js';
import { RecordPage } from './record-page.js';
import { Timeline } from './timeline.js';

export function MemoryView(): ReactNode {
  const [location] = useLocation();
  const { data: conflicts = [] } = useConflicts({ limit: 100 });
  const inbox = location === '/memory/conflicts';
  return (
    <>
      <header className="view-head">
        <h1>Memory</h1>
        <nav className="tabs" aria-label="Parts of the memory">
          <Link href="/memory" aria-current={inbox ? undefined : 'page'}>
            Items
          </Link>
          <Link href="/memory/conflicts" aria-current={inbox ? 'page' : undefined}>
            Conflicts{' '}
            {conflicts.length > 0 && <span className="count count-open">{conflicts.length}</span>}
          </Link>
        </nav>
        <Link href="/memory/new" className="button primary" data-new>
          <Icon name="add" /> <span className="button-text">Add item</span>
        </Link>
      </header>
      {inbox ? <ConflictInbox /> : <Items />}
    </>
  );
}

function Items(): ReactNode {
  const [location, go] = useLocation();
  const [search, setSearch] = useSearchParams();
  const filters = readFilters(search);
  const [typed, setTyped] = useState(filters.query);
  const query = useDeferredValue(typed);
  const [timeline, setTimeline] = useState(filters.asOf !== undefined);
  const box = useRef<HTMLInputElement>(null);
  const set = (name: string, value: string | undefined): void =>
    setSearch(
      (before) => {
        if (value === undefined || value === '') before.delete(name);
        else before.set(name, value);
        return before;
      },
      { replace: true },
    );

  /** What of the address is this page's own doing: anything else is a link or a step back. */
  const written = useRef(filters.query);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address follows what is typed
  useEffect(() => {
    if (query === written.current) return;
    written.current = query;
    set('q', query);
  }, [query]);
  useEffect(() => {
    if (filters.query === written.current) return;
    written.current = filters.query;
    setTyped(filters.query);
  }, [filters.query]);
  const wantsFocus = search.get('focus') === 'search';
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when it was asked for
  useEffect(() => {
    if (!wantsFocus) return;
    box.current?.focus();
    set('focus', undefined);
  }, [wantsFocus]);

  const asked: MemoryFilters = { ...filters, query };
  const openId = /^\/memory\/item\/(.+)$/.exec(location)?.[1];
  const open = (id: string, namespace: string): void => {
    const kept = new URLSearchParams(window.location.search);
    if (namespace === 'shared/memory') kept.delete('in');
    else kept.set('in', namespace);
    go(`/memory/item/${id}${kept.size > 0 ? `?${kept}` : ''}`);
  };
  const close = (): void => go(`/memory${window.location.search}`);
  const hasPane = location !== '/memory';
  const stepBack = useCallback(() => {
    const item = /^(\/memory\/item\/.+)\/edit$/.exec(location)?.[1];
    go(`${item ?? '/memory'}${window.location.search}`);
  }, [location, go]);
  useEscape(hasPane ? stepBack : undefined);
  return (
    <div className={hasPane ? 'panes panes-open' : 'panes'}>
      <section className="pane-list" aria-label="Items">
        <div className="search">
          <Icon name="search" />
          <input
            ref={box}
            data-search
            type="search"
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            placeholder="Recall: ask, or type words"
            aria-label="Recall"
            autoComplete="off"
          />
          <kbd>/</kbd>
        </div>
        <Filters
          filters={filters}
          set={set}
          timeline={timeline}
          onTimeline={() => {
            setTimeline(!timeline);
            if (timeline) set('asOf', undefined);
          }}
        />
        {timeline && (
          <Timeline
            {...(filters.namespace === undefined ? {} : { namespace: filters.namespace })}
            asOf={filters.asOf}
            onChange={(asOf) => set('asOf', asOf)}
          />
        )}
        {query.trim() === '' ? (
          <MemoryList filters={asked} openId={openId} onOpen={open} />
        ) : (
          <RecallList filters={asked} openId={openId} onOpen={open} />
        )}
      </section>
      {hasPane && (
        <section className="pane-detail" aria-label="Item">
          <Switch>
            <Route path="/memory/new">
              <ItemForm
                onDone={(item) => (item === undefined ? close() : open(item.id, item.namespace))}
              />
            </Route>
            <Route path="/memory/record/:collection/:id">
              {(at) => <RecordPage key={`${at.collection} ${at.id}`} {...at} onClose={close} />}
            </Route>
            <Route path="/memory/item/:id/edit">
              {({ id }) => <ItemPage key={id} id={id} editing onClose={close} onOpen={open} />}
            </Route>
            <Route path="/memory/item/:id">
              {({ id }) => <ItemPage key={id} id={id} onClose={close} onOpen={open} />}
            </Route>
          </Switch>
        </section>
      )}
    </div>
  );
}

interface FiltersProps {
  readonly filters: MemoryFilters;
  set(name: FilterName | 'replaced', value: string | undefined): void;
  readonly timeline: boolean;
  readonly onTimeline: () => void;
}

function Filters({ filters, set, timeline, onTimeline }: FiltersProps): ReactNode {
  const mesh = useMesh();
  const agents = useAgents();
  const people = [...agents.keys()].sort((a, b) =>
    nameOf(agents, a) < nameOf(agents, b) ? -1 : 1,
  );
  const places = [mesh.memory.namespace, ...people.map((id) => `agents/${id}/memory`)];
  const clear = (): void => {
    for (const name of ['kind', 'topic', 'tag', 'author', 'namespace', 'asOf'] as const)
      set(name, undefined);
  };
  return (
    <div className="filters">
      <select
        aria-label="Kind"
        value={filters.kind ?? ''}
        onChange={(event) => set('kind', event.target.value)}
      >
        <option value="">Every kind</option>
        {memoryKinds.map((kind) => (
          <option key={kind} value={kind}>
            {kind}
          </option>
        ))}
      </select>
      <select
        aria-label="Author"
        value={filters.author ?? ''}
        onChange={(event) => set('author', event.target.value)}
      >
        <option value="">Everybody</option>
        {people.map((id) => (
          <option key={id} value={id}>
            {nameOf(agents, id)}
          </option>
        ))}
      </select>
      <FilterWord name="topic" value={filters.topic} set={set} />
      <FilterWord name="tag" value={filters.tag} set={set} />
      <select
        aria-label="Namespace"
        value={filters.namespace ?? ''}
        onChange={(event) => set('namespace', event.target.value)}
      >
        <option value="">shared/memory</option>
        {places.slice(1).map((place, n) => (
          <option key={place} value={place}>
            {`agents/${nameOf(agents, people[n] as string)}/memory`}
          </option>
        ))}
      </select>
      <label className="check">
        <input
          type="checkbox"
          checked={filters.replaced}
          onChange={(event) => set('replaced', event.target.checked ? 'yes' : undefined)}
        />
        Replaced ones too
      </label>
      <button type="button" className="quiet-button" aria-pressed={timeline} onClick={onTimeline}>
        <Icon name="clock" /> As of
      </button>
      {isFiltered(filters) && (
        <button type="button" className="linkish" onClick={clear}>
          Clear
        </button>
      )}
    </div>
  );
}

interface FilterWordProps extends Pick<FiltersProps, 'set'> {
  readonly name: 'topic' | 'tag';
  readonly value: string | undefined;
}

function FilterWord({ name, value, set }: FilterWordProps): ReactNode {
  return (
    <input
      key={value ?? ''}
      className="filter-word"
      aria-label={name === 'topic' ? 'Topic' : 'Tag'}
      placeholder={name === 'topic' ? 'Topic' : 'Tag'}
      defaultValue={value ?? ''}
      onBlur={(event) => set(name, event.target.value.trim())}
      onKeyDown={(event) => {
        if (event.key === 'Enter') set(name, event.currentTarget.value.trim());
      }}
    />
  );
}
