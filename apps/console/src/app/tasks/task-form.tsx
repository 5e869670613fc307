import { claimModes, type Task, type TaskInput } from '@mnemesh/core';
import { useMesh, useTasks } from '@mnemesh/react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useWriter } from '../session/workplace.js';
import { Icon } from '../ui/icon.js';

interface TaskFormProps {
  /** With what was added, or undefined when nothing was. */
  onDone(task: Task | undefined): void;
}

export function TaskForm({ onDone }: TaskFormProps): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  const known = useId();
  const { data: tasks = [] } = useTasks({ limit: 200 });
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const input = readInput(new FormData(event.currentTarget), tasks);
    const task = await write(`Added: ${input.title}`, () => mesh.tasks.create(input));
    setBusy(false);
    if (task !== undefined) onDone(task);
  };
  return (
    <form className="detail form" onSubmit={(event) => void submit(event)}>
      <header className="detail-head">
        <h2>Add a task</h2>
        <button type="button" className="bare" aria-label="Close" onClick={() => onDone(undefined)}>
          <Icon name="close" />
        </button>
      </header>
      <label className="field">
        <span>What is to be done</span>
        {/* biome-ignore lint/a11y/noAutofocus: the form was opened to write */}
        <input name="title" required maxLength={500} autoFocus />
      </label>
      <label className="field">
        <span>Details</span>
        <textarea name="description" rows={4} />
      </label>
      <div className="fields">
        <label className="field">
          <span>Priority</span>
          <select name="priority" defaultValue="2">
            {[0, 1, 2, 3, 4].map((priority) => (
              <option key={priority} value={priority}>
                {priority}
                {priority === 0 ? ', most urgent' : ''}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Claims</span>
          <select name="claimMode" defaultValue="advisory">
            {claimModes.map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        </label>
        <label className="field">
          <span>Waits for</span>
          <input name="blockedBy" list={known} placeholder="the title of a task" />
          <datalist id={known}>
            {tasks.map(({ id, title }) => (
              <option key={id} value={title} />
            ))}
          </datalist>
        </label>
        <label className="field">
          <span>Tags</span>
          <input name="tags" placeholder="docs, release" />
        </label>
      </div>
      <p className="hint">
        A strict claim is granted by the relay, to one session at a time, and never offline.
      </p>
      <div className="row">
        <button type="submit" className="primary" disabled={isBusy}>
          Add
        </button>
        <button type="button" onClick={() => onDone(undefined)}>
          Cancel
        </button>
      </div>
    </form>
  );
}

function readInput(form: FormData, tasks: readonly Task[]): TaskInput {
  const text = (name: string): string => String(form.get(name) ?? '').trim();
  const tags = text('tags')
    .split(',')
    .flatMap((tag) => tag.trim() || []);
  const blocker = tasks.find(({ title }) => title === text('blockedBy'));
  return {
    title: text('title'),
    priority: Number(text('priority')),
    claimMode: text('claimMode') as NonNullable<TaskInput['claimMode']>,
    ...(text('description') === '' ? {} : { description: text('description') }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(blocker === undefined ? {} : { dependencies: [{ type: 'blocks', on: blocker.id }] }),
  };
}
