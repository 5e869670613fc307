import { useMesh } from '@mnemesh/react';
import { type ReactNode, useEffect, useMemo, useSyncExternalStore } from 'react';
import { useSearchParams } from 'wouter';
import { nameOf, useAgents } from '../data/agents.js';
import { Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { dayName } from '../ui/moments.js';
import { costText, tokensText, wholeText } from './figures.js';
import { type Measure, UsagePlot } from './usage-plot.js';
import { UsageReading, type UsageState } from './usage-reading.js';
import { type Dimension, type Sum, sumsBy, total, type UsageRow } from './usage-sums.js';

const spans = { '7': 'Last 7 days', '30': 'Last 30 days', all: 'All days' } as const;
const dimensions: Readonly<Record<Dimension, string>> = {
  model: 'By model',
  agent: 'By agent',
  day: 'By day',
};

export function UsageView(): ReactNode {
  const mesh = useMesh();
  const reading = useMemo(() => new UsageReading(mesh.conversations), [mesh]);
  useEffect(() => {
    reading.begin();
    return () => reading.end();
  }, [reading]);
  const state = useSyncExternalStore(reading.subscribe, reading.read);
  const { rows, isComplete, error } = state;
  return (
    <>
      <header className="view-head">
        <h1>Usage</h1>
      </header>
      <div className="page">
        {error !== undefined && <Refused error={error} />}
        <ReadSoFar state={state} />
        {isComplete && rows.length === 0 && (
          <EmptyState icon="usage" title="Nothing was spent yet">
            When agents keep their conversations with tokens and cost, the sums stand here by day,
            agent and model.
          </EmptyState>
        )}
        {rows.length > 0 && <Sums all={rows} />}
      </div>
    </>
  );
}

/** Says what is not in the sums: what is still to be read, or was left out for good. */
function ReadSoFar({ state }: { readonly state: UsageState }): ReactNode {
  const { read, known, isComplete, isCut } = state;
  return (
    <p className="quiet" role="status">
      {!isComplete &&
        known > 0 &&
        `Summing up: ${wholeText(read)} of ${wholeText(known)} conversations`}
      {isComplete &&
        isCut &&
        `Of the latest ${wholeText(read)} of ${wholeText(known)} conversations, and their newest events: more than this page reads`}
    </p>
  );
}

function Sums({ all }: { readonly all: readonly UsageRow[] }): ReactNode {
  const agents = useAgents();
  const [search, setSearch] = useSearchParams();
  const span = search.get('span') ?? '30';
  const by: Dimension = search.get('by') === 'agent' ? 'agent' : 'model';
  const measure: Measure = search.get('measure') === 'tokens' ? 'tokens' : 'cost';
  const set = (name: string, value: string): void =>
    setSearch(
      (before) => {
        before.set(name, value);
        return before;
      },
      { replace: true },
    );
  const rows = useMemo(() => within(all, span), [all, span]);
  const sum = total(rows);
  return (
    <>
      <div className="filters">
        <Choice name="span" value={span} options={spans} set={set} label="Span" />
        <Choice
          name="by"
          value={by}
          options={{ model: dimensions.model, agent: dimensions.agent }}
          set={set}
          label="Stacked"
        />
        <Choice
          name="measure"
          value={measure}
          options={{ cost: 'Cost', tokens: 'Tokens' }}
          set={set}
          label="Measure"
        />
      </div>
      <dl className="stages">
        <Figure name="Cost" value={costText(sum.cost)} means="US dollars" />
        <Figure name="Tokens in" value={tokensText(sum.tokensIn)} means={wholeText(sum.tokensIn)} />
        <Figure
          name="Tokens out"
          value={tokensText(sum.tokensOut)}
          means={wholeText(sum.tokensOut)}
        />
        <Figure name="Events" value={wholeText(sum.events)} means="that spent something" />
      </dl>
      <UsagePlot
        rows={rows}
        by={by}
        measure={measure}
        nameOf={(value) => (by === 'agent' ? nameOf(agents, value) : value)}
      />
      <div className="two">
        <SumTable rows={rows} dimension="model" />
        <SumTable rows={rows} dimension="agent" />
      </div>
      <SumTable rows={rows} dimension="day" />
    </>
  );
}

/** Days are counted back from the latest one that has any. */
function within(rows: readonly UsageRow[], span: string): readonly UsageRow[] {
  const last = rows.at(-1)?.day;
  if (span === 'all' || last === undefined) return rows;
  const from = new Date(Date.parse(last) - (Number(span) - 1) * 86_400_000).toISOString();
  return rows.filter(({ day }) => day >= from.slice(0, 10));
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
  set(name: string, value: string): void;
}

function Choice({ name, label, value, options, set }: ChoiceProps): ReactNode {
  return (
    <select aria-label={label} value={value} onChange={(event) => set(name, event.target.value)}>
      {Object.entries(options).map(([option, text]) => (
        <option key={option} value={option}>
          {text}
        </option>
      ))}
    </select>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: string;
  readonly means: string;
}

function Figure({ name, value, means }: FigureProps): ReactNode {
  return (
    <div className="stage">
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span className="quiet">{means}</span>
      </dd>
    </div>
  );
}

interface SumTableProps {
  readonly rows: readonly UsageRow[];
  readonly dimension: Dimension;
}

function SumTable({ rows, dimension }: SumTableProps): ReactNode {
  const sums = sumsBy(rows, dimension);
  const ordered = dimension === 'day' ? [...sums].reverse() : sums;
  return (
    <section className="panel" aria-label={dimensions[dimension]}>
      <h2>{dimensions[dimension]}</h2>
      <table className="table figures" data-sums={dimension}>
        <thead>
          <tr>
            <th scope="col">{dimension}</th>
            <th scope="col">In</th>
            <th scope="col">Out</th>
            <th scope="col">Cost</th>
          </tr>
        </thead>
        <tbody>
          {ordered.map(([value, sum]) => (
            <tr key={value}>
              <th scope="row">
                <Named dimension={dimension} value={value} />
              </th>
              <Cells sum={sum} />
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Together</th>
            <Cells sum={total(rows)} />
          </tr>
        </tfoot>
      </table>
    </section>
  );
}

function Cells({ sum }: { readonly sum: Sum }): ReactNode {
  return (
    <>
      <td>{wholeText(sum.tokensIn)}</td>
      <td>{wholeText(sum.tokensOut)}</td>
      <td>{costText(sum.cost)}</td>
    </>
  );
}

function Named({ dimension, value }: { readonly dimension: Dimension; readonly value: string }) {
  if (dimension === 'agent') return <Agent id={value} />;
  return dimension === 'day' ? dayName(value) : value;
}
