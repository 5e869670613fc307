import { statesAfter, type Task, type TaskState } from '@mnemesh/core';
import type { ReactNode } from 'react';
import { Sheet } from '../ui/sheet.js';
import { stateNames } from './moves.js';

interface MoveSheetProps {
  readonly task: Task;
  readonly onMove: (to: TaskState) => void;
  readonly onClose: () => void;
}

export function MoveSheet({ task, onMove, onClose }: MoveSheetProps): ReactNode {
  const states = statesAfter(task.status);
  return (
    <Sheet title="Move to" onClose={onClose}>
      <p className="quiet">{task.title}</p>
      {states.length === 0 ? (
        <p>
          {stateNames[task.status]} is an end, and final. Add a task that depends on this one
          instead.
        </p>
      ) : (
        <div className="moves">
          {states.map((state) => (
            <button key={state} type="button" onClick={() => onMove(state)}>
              <span className={`state state-${state}`} aria-hidden="true" /> {stateNames[state]}
            </button>
          ))}
        </div>
      )}
    </Sheet>
  );
}
