import type { Task } from '@mnemesh/core';
import { memo, type ReactNode } from 'react';
import { Agent } from '../ui/agent.js';
import { Icon } from '../ui/icon.js';
import { Lease } from './lease.js';
import type { Dragged } from './moves.js';

interface TaskCardProps {
  readonly task: Task;
  readonly isBlocked: boolean;
  onDrag(task: Dragged): void;
}

export const TaskCard = memo(function TaskCard({
  task,
  isBlocked,
  onDrag,
}: TaskCardProps): ReactNode {
  const { title, priority, claim, tags, conflicts, status } = task;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: brackets and `m` move a task without a mouse
    <div
      className="card"
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData('text/plain', title);
        event.dataTransfer.effectAllowed = 'move';
        onDrag({ id: task.id, status, title });
      }}
      onDragEnd={() => onDrag(undefined)}
    >
      <p className="card-title">{title}</p>
      <p className="card-about">
        {priority !== undefined && (
          <span className={`priority priority-${Math.min(priority, 4)}`} title="0 is most urgent">
            P{priority}
          </span>
        )}
        {isBlocked && <span className="mark mark-blocked">waits</span>}
        {conflicts.some(({ open }) => open) && (
          <span className="mark mark-conflict">
            <Icon name="conflict" /> conflict
          </span>
        )}
        {claim !== undefined && (
          <>
            <Agent id={claim.agent} />
            <Lease claim={claim} />
          </>
        )}
        {tags.map((tag) => (
          <span key={tag} className="tag">
            {tag}
          </span>
        ))}
      </p>
    </div>
  );
});
