import {
  type AuditRecord,
  type Conflict,
  type ConflictChoice,
  type ConflictValue,
  type Json,
  type MemoryInput,
  type Mesh,
  sensitivities,
  taskStates,
} from '@mnemesh/core';
import { useConflicts, useMesh, useQuestion } from '@mnemesh/react';
import { type FormEvent, type ReactNode, useId, useRef, useState } from 'react';
import { Link } from 'wouter';
import { recordPath } from '../data/record-path.js';
import { useWriter } from '../session/workplace.js';
import { Age, Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { ConflictSide } from './conflict-side.js';
import { recordName, settledLately, valueText } from './questions.js';

/** What was written apart and contradicts itself: both sides, and a decision that leaves its reason. */
export function ConflictInbox(): ReactNode {
  const { data, error } = useConflicts({ limit: 100 });
  const { data: settled = [] } = useQuestion(settledLately, null);
  return (
    <div className="inbox">
      {error !== undefined && <Refused error={error} />}
      {data?.length === 0 && (
        <EmptyState icon="check" title="Nothing contradicts itself">
          When two agents write about one topic, or change one field, without having read each
          other, both values are kept and wait here for a decision.
        </EmptyState>
      )}
      {data?.map((conflict) => (
        <ConflictCard key={conflict.id} conflict={conflict} />
      ))}
      {settled.length > 0 && (
        <section className="settled">
          <h2>Settled lately</h2>
          <ul className="plain">
            {settled.map((record) => (
              <Settled key={record.id} record={record} />
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

const NEW = 'new';

function ConflictCard({ conflict }: { readonly conflict: Conflict }): ReactNode {
  const mesh = useMesh();
  const write = useWriter();
  const group = useId();
  const written = useRef<HTMLLabelElement>(null);
  const [choice, setChoice] = useState<string>();
  const [text, setText] = useState('');
  const [reason, setReason] = useState('');
  const settle = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const chosen = await choiceOf(mesh, conflict, choice, text);
    if (chosen === undefined) return;
    const why = reason.trim();
    await write('Settled, on every replica', () =>
      mesh.conflicts.resolve(conflict, chosen, why === '' ? {} : { reason: why }),
    );
  };
  const startFrom = (value: ConflictValue): void => {
    setText(valueText(value.value));
    setChoice(NEW);
    written.current?.querySelector<HTMLElement>('textarea, select')?.focus();
  };
  const isComplete = choice !== undefined && (choice !== NEW || text.trim() !== '');
  return (
    <form className="conflict" onSubmit={(event) => void settle(event)}>
      <header>
        <ConflictTitle conflict={conflict} />
        {conflict.record !== undefined && (
          <Link href={recordPath({ ...conflict, id: conflict.record })}>
            Open the {conflict.collection === 'memory' ? 'item' : conflict.collection}
          </Link>
        )}
      </header>
      <fieldset className="sides">
        <legend className="hidden">Which holds?</legend>
        {conflict.values.map((value) => (
          <ConflictSide
            key={value.version}
            conflict={conflict}
            value={value}
            group={group}
            isChosen={choice === value.version}
            onChoose={() => setChoice(value.version)}
            onStart={() => startFrom(value)}
          />
        ))}
        <label ref={written} className="side-value side-new" data-chosen={choice === NEW}>
          <span className="side-head">
            <input
              type="radio"
              name={group}
              checked={choice === NEW}
              onChange={() => setChoice(NEW)}
            />
            Neither: write what holds
          </span>
          <NewValue
            conflict={conflict}
            text={text}
            onChange={(written) => {
              setText(written);
              setChoice(NEW);
            }}
          />
        </label>
      </fieldset>
      <div className="settle">
        <input
          aria-label="Reason"
          placeholder="Why? It is kept with the decision"
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <button type="submit" className="primary" disabled={!isComplete}>
          Settle
        </button>
      </div>
    </form>
  );
}

interface NewValueProps {
  readonly conflict: Conflict;
  readonly text: string;
  onChange(text: string): void;
}

function NewValue({ conflict, text, onChange }: NewValueProps): ReactNode {
  if (conflict.field === 'status') {
    return (
      <select
        aria-label="The state that holds"
        value={text}
        onChange={(event) => onChange(event.target.value)}
      >
        <option value="">Choose</option>
        {taskStates.map((state) => (
          <option key={state}>{state}</option>
        ))}
      </select>
    );
  }
  return (
    <textarea
      aria-label="What holds instead"
      rows={typeof conflict.values[0].value === 'string' ? 3 : 1}
      value={text}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}

function ConflictTitle({ conflict }: { readonly conflict: Conflict }): ReactNode {
  const { kind, topic, field = '', collection, namespace, record } = conflict;
  const named = record === undefined ? undefined : { collection, namespace, id: record };
  const { data: name } = useQuestion(recordName, named);
  if (kind === 'topic') return <h2>About {topic}</h2>;
  const what = `${field.charAt(0).toUpperCase()}${field.slice(1)}`;
  return (
    <h2>
      {what} of {name === undefined || name === null ? `a ${collection}` : `“${name}”`}
    </h2>
  );
}

async function choiceOf(
  mesh: Mesh,
  conflict: Conflict,
  choice: string | undefined,
  text: string,
): Promise<ConflictChoice | undefined> {
  if (choice === undefined) return undefined;
  if (choice !== NEW) {
    const kept = conflict.values.find(({ version }) => version === choice);
    return kept === undefined ? undefined : { keep: kept.version };
  }
  const written = text.trim();
  if (conflict.kind === 'topic') {
    const topic = conflict.topic === undefined ? {} : { topic: conflict.topic };
    const carried = await carriedOver(mesh, conflict);
    return { item: { content: written, kind: 'decision', ...topic, ...carried } };
  }
  return { value: valueLike(written, conflict.values[0].value) };
}

/** What holds instead of several is as sensitive as the most sensitive of them, and pinned if one was. */
async function carriedOver(
  mesh: Mesh,
  { namespace, values }: Conflict,
): Promise<Pick<MemoryInput, 'sensitivity' | 'pinned'>> {
  const memory = mesh.memory.in(namespace);
  const sides = await Promise.all(
    values.map(({ record }) => (record === undefined ? undefined : memory.get(record))),
  );
  const sensitivity = sensitivities.findLast((one) =>
    sides.some((side) => side?.sensitivity === one),
  );
  return {
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...(sides.some((side) => side?.pinned === true) ? { pinned: true } : {}),
  };
}

/** What was typed, in the form of the value that it replaces. */
export function valueLike(text: string, like: Json): Json {
  if (typeof like === 'string') return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function Settled({ record }: { readonly record: AuditRecord }): ReactNode {
  const decision = record.decisions.at(-1);
  if (decision === undefined) return null;
  const about = record.topic ?? record.field ?? 'a record';
  return (
    <li className="settled-one">
      <strong>{about}</strong>
      <span className="settled-chosen">
        {decision.chosen === undefined ? 'settled' : valueText(decision.chosen)}
      </span>
      <span className="quiet">
        {decision.agent === undefined ? `by policy ${decision.policy ?? ''}` : null}
        {decision.agent !== undefined && <Agent id={decision.agent} />}
        {decision.at !== undefined && (
          <>
            {' · '}
            <Age at={decision.at} />
          </>
        )}
        {decision.reason !== undefined && ` · “${decision.reason}”`}
      </span>
    </li>
  );
}
