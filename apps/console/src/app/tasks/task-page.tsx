import { isEnd, type Task, type TaskState, type Write } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { useMesh, useQuestion } from '@mnemesh/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { useWriter } from '../session/workplace.js';
import { Age, Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { Lease } from './lease.js';
import { isLegal, move, stateNames } from './moves.js';
import { type TaskStory, taskStory } from './questions.js';
import { TaskLog } from './task-log.js';

interface TaskPageProps {
  readonly id: string;
  readonly onClose: () => void;
  onOpen(id: string): void;
}

export function TaskPage({ id, onClose, onOpen }: TaskPageProps): ReactNode {
  const { data, error } = useQuestion(taskStory, id as RecordId);
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined) return null;
  if (data === null) {
    return (
      <EmptyState icon="tasks" title="This task is not here">
        It was forgotten, or has not arrived yet. It appears as soon as it does.
      </EmptyState>
    );
  }
  const { task } = data;
  return (
    <article className="detail">
      <header className="detail-head">
        <span className={`state state-${task.status}`} aria-hidden="true" />
        <StateChoice task={task} />
        <button type="button" className="bare" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <h2 className="task-title">{task.title}</h2>
      {task.conflicts.some(({ open }) => open) && (
        <p className="notice notice-warn">
          <Icon name="conflict" /> Fields of it were written apart.{' '}
          <Link href="/memory/conflicts">Settle them</Link>
        </p>
      )}
      {task.description !== undefined && <p className="prose">{task.description}</p>}
      {task.result !== undefined && <p className="notice">Result: {task.result}</p>}
      <Claim story={data} />
      <Facts task={task} />
      <Waits story={data} onOpen={onOpen} />
      <CommentForm task={task} />
      <TaskLog log={data.log} />
    </article>
  );
}

function StateChoice({ task }: { readonly task: Task }): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  if (isEnd(task.status)) return <strong>{stateNames[task.status]}</strong>;
  return (
    <select
      aria-label="State"
      value={task.status}
      onChange={(event) => {
        const to = event.target.value as TaskState;
        void write(`${stateNames[to]}: ${task.title}`, () => move(mesh.tasks, task, to));
      }}
    >
      {(Object.keys(stateNames) as TaskState[])
        .filter((to) => to === task.status || isLegal(task.status, to))
        .map((to) => (
          <option key={to} value={to}>
            {stateNames[to]}
          </option>
        ))}
    </select>
  );
}

function Claim({ story }: { readonly story: TaskStory }): ReactNode {
  const { task, situation } = story;
  const mesh = useMesh();
  const write = useWriter();
  if (isEnd(task.status)) return null;
  const { claim } = task;
  const isMine = claim?.session === mesh.session;
  const act = (label: string, begin: () => Write<Task>): void => {
    void write(`${label}: ${task.title}`, begin);
  };
  return (
    <div className="claim">
      {claim === undefined ? (
        <p className="quiet">
          {situation.kind === 'blocked' ? 'Waits for other tasks.' : 'Nobody holds it.'}
        </p>
      ) : (
        <p>
          <Agent id={claim.agent} /> holds it · <Lease claim={claim} />
          {claim.epoch > 1 && <span className="quiet"> · claim {claim.epoch}</span>}
        </p>
      )}
      <div className="row">
        {(situation.kind === 'ready' || situation.kind === 'stale') && !isMine && (
          <button type="button" onClick={() => act('Claimed', () => mesh.tasks.claim(task.id))}>
            {situation.kind === 'stale' ? 'Take over' : 'Claim'}
          </button>
        )}
        {isMine && (
          <>
            <button
              type="button"
              onClick={() => act('Completed', () => mesh.tasks.complete(task.id))}
            >
              <Icon name="check" /> Complete
            </button>
            <button type="button" onClick={() => act('Renewed', () => mesh.tasks.renew(task.id))}>
              Renew
            </button>
            <button
              type="button"
              onClick={() => act('Released', () => mesh.tasks.release(task.id))}
            >
              Release
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function Facts({ task }: { readonly task: Task }): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  return (
    <dl className="facts">
      <div>
        <dt>Priority</dt>
        <dd>
          <select
            aria-label="Priority"
            value={task.priority ?? ''}
            onChange={(event) =>
              void write('Priority changed', () =>
                mesh.tasks.update(task.id, { priority: Number(event.target.value) }),
              )
            }
          >
            {task.priority === undefined && <option value="">none</option>}
            {[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((priority) => (
              <option key={priority} value={priority}>
                {priority}
              </option>
            ))}
          </select>
        </dd>
      </div>
      <div>
        <dt>Added by</dt>
        <dd>
          <Agent id={task.createdBy} /> · <Age at={task.createdAt} />
        </dd>
      </div>
      {task.assignee !== undefined && (
        <div>
          <dt>Assignee</dt>
          <dd>{task.assignee}</dd>
        </div>
      )}
      <div>
        <dt>Claims</dt>
        <dd>{task.claimMode ?? 'advisory'}</dd>
      </div>
      {task.requires.length > 0 && (
        <div>
          <dt>Requires</dt>
          <dd>{task.requires.join(', ')}</dd>
        </div>
      )}
      {task.tags.length > 0 && (
        <div>
          <dt>Tags</dt>
          <dd>
            {task.tags.map((tag) => (
              <span key={tag} className="tag">
                {tag}
              </span>
            ))}
          </dd>
        </div>
      )}
    </dl>
  );
}

interface WaitsProps {
  readonly story: TaskStory;
  onOpen(id: string): void;
}

function Waits({ story, onOpen }: WaitsProps): ReactNode {
  if (story.dependsOn.length === 0) return null;
  return (
    <section>
      <h3>Depends on</h3>
      <ul className="plain">
        {story.dependsOn.map(({ type, on, task }) => (
          <li key={`${type} ${on}`} className="dependency">
            <span
              className={`state state-${task?.status ?? 'unknown'}`}
              title={task === undefined ? 'not here' : stateNames[task.status]}
            />
            {task === undefined ? (
              <code>{on}</code>
            ) : (
              <button type="button" className="linkish" onClick={() => onOpen(task.id)}>
                {task.title}
              </button>
            )}
            {type !== 'blocks' && <span className="quiet">{type}</span>}
          </li>
        ))}
      </ul>
    </section>
  );
}

function CommentForm({ task }: { readonly task: Task }): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  const [text, setText] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const said = await write('Commented', () => mesh.tasks.comment(task.id, text.trim()));
    if (said !== undefined) setText('');
  };
  return (
    <form className="settle" onSubmit={(event) => void submit(event)}>
      <input
        aria-label="Comment"
        data-draft
        placeholder="Comment"
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <button type="submit" disabled={text.trim() === ''}>
        Say
      </button>
    </form>
  );
}
