import { useQuestion } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { dayName } from '../ui/moments.js';
import { COUNTED, writtenByDay } from './questions.js';

interface TimelineProps {
  readonly namespace?: string;
  readonly asOf: string | undefined;
  onChange(asOf: string | undefined): void;
}

/** What was written day by day, and a handle to look at the memory as it was at the end of one. */
export function Timeline({ namespace, asOf, onChange }: TimelineProps): ReactNode {
  const { data: days = [] } = useQuestion(
    writtenByDay,
    namespace === undefined ? {} : { namespace },
  );
  const most = Math.max(1, ...days.map(({ count }) => count));
  const at =
    asOf === undefined ? days.length : days.findLastIndex(({ day }) => day <= asOf.slice(0, 10));
  const choose = (index: number): void => {
    const day = days[index]?.day;
    onChange(day === undefined ? undefined : endOf(day));
  };
  const counted = days.reduce((sum, { count }) => sum + count, 0);
  if (days.length === 0) return null;
  const shown = asOf === undefined ? 'as it is now' : `as of the end of ${dayName(asOf)}`;
  return (
    <div className="timeline">
      <svg
        className="timeline-bars"
        viewBox={`0 0 ${days.length * 10} 40`}
        preserveAspectRatio="none"
        aria-hidden="true"
      >
        {days.map(({ day, count }, n) => (
          <line
            key={day}
            x1={n * 10}
            x2={n * 10}
            y1={40}
            y2={40 - (count / most) * 38}
            vectorEffect="non-scaling-stroke"
            className={n <= at ? 'bar bar-in' : 'bar'}
          />
        ))}
      </svg>
      <input
        type="range"
        min={0}
        max={days.length}
        value={Math.max(at, 0)}
        onChange={(event) => choose(Number(event.target.value))}
        aria-label="Look at the memory as of a day"
        aria-valuetext={shown}
      />
      <p className="timeline-says">
        <span>{dayName(days[0]?.day ?? '')}</span>
        <strong>The memory {shown}</strong>
        <span>now</span>
      </p>
      <p className="timeline-says">
        <span>
          {counted >= COUNTED && `The bars count the newest ${COUNTED.toLocaleString('en')} items.`}
        </span>
        <label>
          As of the end of{' '}
          <input
            type="date"
            value={asOf?.slice(0, 10) ?? ''}
            onChange={(event) => {
              const day = event.target.value;
              onChange(day === '' ? undefined : endOf(day));
            }}
          />
        </label>
      </p>
    </div>
  );
}

function endOf(day: string): string {
  return `${day}T23:59:59.999Z`;
}
