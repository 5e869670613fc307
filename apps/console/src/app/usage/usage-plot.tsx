import { type ReactNode, useMemo } from 'react';
import { dayName } from '../ui/moments.js';
import { costText, tokensText } from './figures.js';
import { type PlotColumn, plotColumns, ticksOf } from './plot-columns.js';
import { byStep, type Dimension, stepsOf, sumsBy, type UsageRow } from './usage-sums.js';

export type Measure = 'cost' | 'tokens';

/** Bars that are drawn: of a longer time each stands for several days. */
const BARS = 60;
/** Units of the drawing. */
const PLOT = { width: 960, height: 220, left: 52, bottom: 24, top: 8 } as const;
/** Series that have a colour of their own; the rest share one. */
const COLOURED = 6;

interface UsagePlotProps {
  readonly rows: readonly UsageRow[];
  readonly by: Exclude<Dimension, 'day'>;
  readonly measure: Measure;
  nameOf(value: string): string;
}

/** A bar for each day or few, stacked by model or agent. The same figures are in the tables. */
export function UsagePlot({ rows, by, measure, nameOf }: UsagePlotProps): ReactNode {
  const series = useMemo(() => sumsBy(rows, by).map(([value]) => value), [rows, by]);
  const { days: perBar, steps: days } = useMemo(() => stepsOf(rows, BARS), [rows]);
  const stepped = useMemo(() => (perBar === 1 ? rows : byStep(rows, days)), [rows, perBar, days]);
  const columns = plotColumns(stepped, days, series, by, measure);
  const ticks = ticksOf(Math.max(0, ...columns.map(({ height }) => height)));
  const most = ticks.at(-1) ?? 1;
  const text = measure === 'cost' ? costText : tokensText;
  const y = (value: number): number =>
    PLOT.height - PLOT.bottom - (value / most) * (PLOT.height - PLOT.bottom - PLOT.top);
  const step = (PLOT.width - PLOT.left) / Math.max(1, days.length);
  const every = Math.ceil(days.length / 10);
  return (
    <figure className="plot">
      <svg
        viewBox={`0 0 ${PLOT.width} ${PLOT.height}`}
        role="img"
        aria-label={`${measure === 'cost' ? 'Cost' : 'Tokens'} by ${perBar === 1 ? 'day' : `${perBar} days`}, stacked by ${by}; the tables have the figures`}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="plot-grid" x1={PLOT.left} x2={PLOT.width} y1={y(tick)} y2={y(tick)} />
            <text className="plot-tick" x={PLOT.left - 8} y={y(tick) + 4} textAnchor="end">
              {text(tick)}
            </text>
          </g>
        ))}
        {columns.map((column, n) => (
          <g key={column.day}>
            <Bars
              column={column}
              x={PLOT.left + n * step}
              step={step}
              y={y}
              text={text}
              nameOf={nameOf}
            />
            {(days.length - 1 - n) % every === 0 && (
              <text
                className="plot-tick"
                x={PLOT.left + (n + 0.5) * step}
                y={PLOT.height - 6}
                textAnchor="middle"
              >
                {dayName(column.day)}
              </text>
            )}
          </g>
        ))}
      </svg>
      <figcaption className="plot-legend">
        {perBar > 1 && <span>Each bar stands for {perBar} days.</span>}
        {series.map((value, n) => (
          <span key={value}>
            <span className={`swatch series-${Math.min(n, COLOURED)}`} />
            {nameOf(value)}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

interface BarsProps {
  readonly column: PlotColumn;
  readonly x: number;
  readonly step: number;
  y(value: number): number;
  text(value: number): string;
  nameOf(value: string): string;
}

function Bars({ column, x, step, y, text, nameOf }: BarsProps): ReactNode {
  const width = Math.min(step * 0.7, 56);
  return column.parts.map(({ series, value, from, to }, n) => (
    <rect
      key={series}
      className={`series-${Math.min(n, COLOURED)}`}
      x={x + (step - width) / 2}
      width={width}
      y={y(to)}
      height={Math.max(0, y(from) - y(to))}
    >
      <title>{`${dayName(column.day)}, ${nameOf(series)}: ${text(value)}`}</title>
    </rect>
  ));
}
