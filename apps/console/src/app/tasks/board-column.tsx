import type { Task, TaskState } from '@mnemesh/core';
import { useMesh } from '@mnemesh/react';
import { type DragEvent, type ReactNode, useState } from 'react';
import { useRecordWindow } from '../data/use-record-window.js';
import { ChoiceList } from '../ui/choice-list.js';
import { Refused } from '../ui/empty-state.js';
import { type Dragged, isLegal, stateNames } from './moves.js';
import { TaskCard } from './task-card.js';

interface BoardColumnProps {
  readonly state: TaskState;
  readonly blocked: ReadonlySet<string>;
  readonly dragged: Dragged;
  onDrag(task: Dragged): void;
  onDrop(task: Pick<Task, 'id' | 'title'>, to: TaskState): Promise<boolean>;
  onKey(key: string, task: Task): boolean;
  readonly openId: string | undefined;
  onOpen(id: string): void;
}

const keyOf = ({ id }: Task): string => id;

export function BoardColumn(props: BoardColumnProps): ReactNode {
  const { state, blocked, dragged, onDrag, onDrop, onKey, openId, onOpen } = props;
  const mesh = useMesh();
  const [isOver, setOver] = useState(false);
  const list = useRecordWindow<Task>(`${mesh.session} ${state}`, () => ({
    source: mesh.tasks,
    options: {
      query: { state },
      admits: ({ status, archived }) => status === state && !archived,
    },
  }));
  const takes = dragged !== undefined && isLegal(dragged.status, state);
  const over = (event: DragEvent): void => {
    if (!takes) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = 'move';
    setOver(true);
  };
  const drop = (event: DragEvent): void => {
    event.preventDefault();
    setOver(false);
    if (takes) void onDrop(dragged, state);
  };
  const isEmpty = list.items.length === 0;
  return (
    <section
      className="column"
      data-column={state}
      data-empty={isEmpty}
      data-takes={takes}
      data-over={isOver && takes}
      aria-label={stateNames[state]}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <h2 className="column-head">
        <span className={`state state-${state}`} aria-hidden="true" />
        <span className="column-name">{stateNames[state]}</span>
        <span className="quiet">
          {list.items.length}
          {list.isComplete || isEmpty ? '' : '+'}
        </span>
      </h2>
      {list.error !== undefined && <Refused error={list.error} />}
      {isEmpty ? (
        <p className="column-empty">{list.isFresh ? '' : 'None'}</p>
      ) : (
        <ChoiceList
          label={stateNames[state]}
          items={list.items}
          keyOf={keyOf}
          row={(task) => <TaskCard task={task} isBlocked={blocked.has(task.id)} onDrag={onDrag} />}
          rowHeight={92}
          onOpen={({ id }) => onOpen(id)}
          openKey={openId}
          onEndNear={list.more}
          onKey={onKey}
        />
      )}
    </section>
  );
}
