import type { Task } from '@mnemesh/core';
import { useQuestion } from '@mnemesh/react';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { BOX, layOut } from './graph-layout.js';
import { stateNames } from './moves.js';
import { taskGraph } from './questions.js';

/** Which task waits for which: what others wait for stands to the left. */
export function TaskGraphView({ onOpen }: { readonly onOpen: (id: string) => void }): ReactNode {
  const { data, error } = useQuestion(taskGraph, null);
  const drawn = useMemo(() => (data === undefined ? undefined : layOut(data.tasks)), [data]);
  const board = useRef<HTMLElement>(null);
  const hasTasks = drawn !== undefined && drawn.places.size > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: where it begins, once; then it is the person's to move
  useEffect(() => {
    if (hasTasks) board.current?.scrollTo(0, startOf([...drawn.places.values()]));
  }, [hasTasks]);
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined || drawn === undefined) return null;
  if (drawn.places.size === 0) {
    return (
      <EmptyState icon="graph" title="No task waits for another">
        Say what a task waits for when you add it, and it is drawn here.
      </EmptyState>
    );
  }
  const ignored = new Set(data.ignored);
  return (
    <>
      {data.isCut && <p className="answer-note">The latest {data.tasks.length} tasks are drawn.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section className="graph" ref={board} tabIndex={0} aria-label="Dependencies of tasks">
        <div className="graph-sheet" style={{ width: drawn.width, height: drawn.height }}>
          <svg width={drawn.width} height={drawn.height} aria-hidden="true">
            {drawn.edges.map(({ task, on, type, path }) => (
              <path
                key={`${task} ${on} ${type}`}
                d={path}
                className={
                  ignored.has(`${task} ${on}`)
                    ? 'edge edge-ignored'
                    : type === 'blocks'
                      ? 'edge'
                      : 'edge edge-loose'
                }
              />
            ))}
          </svg>
          {data.tasks.map((task) => (
            <Box key={task.id} task={task} at={drawn.places.get(task.id)} onOpen={onOpen} />
          ))}
        </div>
      </section>
      <p className="legend quiet">
        Left before right. Dashed: related, but not waited for. Dotted: ignored, since it would
        close a ring.
      </p>
    </>
  );
}

/** Pixels to the first of the tasks that wait for nothing: above them the drawing may be empty. */
function startOf(places: readonly { readonly x: number; readonly y: number }[]): number {
  const left = Math.min(...places.map(({ x }) => x));
  const first = Math.min(...places.filter(({ x }) => x === left).map(({ y }) => y));
  return Math.max(0, first - 2 * BOX.height);
}

interface BoxProps {
  readonly task: Task;
  readonly at: { readonly x: number; readonly y: number } | undefined;
  readonly onOpen: (id: string) => void;
}

function Box({ task, at, onOpen }: BoxProps): ReactNode {
  if (at === undefined) return null;
  return (
    <button
      type="button"
      className={`box box-${task.status}`}
      style={{ left: at.x, top: at.y, width: BOX.width, height: BOX.height }}
      onClick={() => onOpen(task.id)}
      title={task.title}
    >
      <span className={`state state-${task.status}`} aria-hidden="true" />
      <span className="box-title">{task.title}</span>
      <span className="hidden">{stateNames[task.status]}</span>
    </button>
  );
}
