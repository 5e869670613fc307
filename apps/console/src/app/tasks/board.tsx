import { type Task, type TaskState, taskStates } from '@mnemesh/core';
import { useMesh, useQuestion } from '@mnemesh/react';
import { type ReactNode, useCallback, useMemo, useState } from 'react';
import { useWriter } from '../session/workplace.js';
import { BoardColumn } from './board-column.js';
import { MoveSheet } from './move-sheet.js';
import { type Dragged, move, neighbour, stateNames } from './moves.js';
import { blockedIds } from './questions.js';

interface BoardProps {
  readonly openId: string | undefined;
  onOpen(id: string): void;
}

/** A column for each state. Tasks move by hand, by brackets, or by `m` and a choice. */
export function Board({ openId, onOpen }: BoardProps): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  const { data: blockedList = [] } = useQuestion(blockedIds, null);
  const blocked = useMemo(() => new Set(blockedList), [blockedList]);
  const [dragged, setDragged] = useState<Dragged>();
  const [moving, setMoving] = useState<Task>();
  const moveTo = useCallback(
    async (task: Pick<Task, 'id' | 'title'>, to: TaskState) => {
      setDragged(undefined);
      const moved = await write(`${stateNames[to]}: ${task.title}`, () =>
        move(mesh.tasks, task, to),
      );
      return moved !== undefined;
    },
    [mesh, write],
  );
  const onKey = useCallback(
    (key: string, task: Task): boolean => {
      if (key === 'm') {
        setMoving(task);
        return true;
      }
      if (key !== '[' && key !== ']') return false;
      const to = neighbour(task.status, key === ']' ? 'right' : 'left');
      if (to !== undefined)
        void moveTo(task, to).then((moved) => {
          if (moved) focusColumn(to);
        });
      return true;
    },
    [moveTo],
  );
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
    <section className="board" aria-label="Tasks by state" tabIndex={0}>
      {taskStates.map((state) => (
        <BoardColumn
          key={state}
          state={state}
          blocked={blocked}
          dragged={dragged}
          onDrag={setDragged}
          onDrop={moveTo}
          onKey={onKey}
          openId={openId}
          onOpen={onOpen}
        />
      ))}
      {moving !== undefined && (
        <MoveSheet
          task={moving}
          onMove={(to) => {
            setMoving(undefined);
            void moveTo(moving, to);
          }}
          onClose={() => setMoving(undefined)}
        />
      )}
    </section>
  );
}

/** Who moves by keys goes along with the task. */
function focusColumn(state: TaskState): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-column="${state}"] [role="listbox"]`)?.focus(),
  );
}
