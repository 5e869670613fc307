import type { Json, Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { type QuestionKind, useQuestion } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { useSearchParams } from 'wouter';
import { Agent } from '../ui/agent.js';
import { EmptyState, Refused } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { exactly } from '../ui/moments.js';

interface RecordQuery {
  readonly collection: string;
  readonly namespace: string;
  readonly id: RecordId;
}

interface ShownRecord {
  readonly title: string;
  readonly createdBy: string;
  readonly createdAt: string;
  readonly fields: readonly (readonly [name: string, value: Json])[];
}

/** What is said elsewhere on the page, or says nothing to a person. */
const left = new Set(['id', 'namespace', 'createdBy', 'createdAt', 'conflicts', 'archived']);

const shownRecord: QuestionKind<RecordQuery, ShownRecord | null> = {
  name: 'console/record',
  ask: async (mesh, query) => {
    const record = await readRecord(mesh, query);
    if (record === undefined) return null;
    const { createdBy, createdAt } = record;
    const { title, name, tool }: { title?: unknown; name?: unknown; tool?: unknown } = record;
    const named = [title, name, tool].find((one) => typeof one === 'string');
    return {
      title: (named as string | undefined) ?? query.collection,
      createdBy,
      createdAt,
      fields: Object.entries(record).filter(
        ([key, value]) => !left.has(key) && value !== undefined && value !== named,
      ) as [string, Json][],
    };
  },
  watch: (mesh, _, changed) => mesh.onStatus(changed),
};

function readRecord(mesh: Mesh, { collection, namespace, id }: RecordQuery) {
  switch (collection) {
    case 'tool':
      return mesh.tools.in(namespace).get(id);
    case 'persona':
      return mesh.personas.in(namespace).get(id);
    case 'prose':
      return mesh.prose.in(namespace).get(id);
    case 'task':
      return mesh.tasks.in(namespace).get(id);
    case 'conversation':
      return mesh.conversations.in(namespace).get(id);
    case 'event':
      return mesh.conversations.in(namespace).event(id);
    default:
      return Promise.resolve(undefined);
  }
}

interface RecordPageProps {
  readonly collection: string;
  readonly id: string;
  readonly onClose: () => void;
}

/** A record that has no view of its own, as it is stored: prose, a persona, what a tool keeps. */
export function RecordPage({ collection, id, onClose }: RecordPageProps): ReactNode {
  const [search] = useSearchParams();
  const namespace = search.get('in') ?? '';
  const { data, error } = useQuestion(shownRecord, { collection, namespace, id: id as RecordId });
  if (error !== undefined) return <Refused error={error} />;
  if (data === undefined) return null;
  if (data === null) {
    return (
      <EmptyState icon="memory" title="This record is not here">
        It was forgotten, or has not arrived yet. It appears as soon as it does.
      </EmptyState>
    );
  }
  return (
    <article className="detail">
      <header className="detail-head">
        <span className="kind">{collection}</span>
        <button type="button" className="bare" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <h2>{data.title}</h2>
      <dl className="facts">
        {data.fields.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className="prose">{plain(value)}</dd>
          </div>
        ))}
        <div>
          <dt>Written</dt>
          <dd>
            <Agent id={data.createdBy} /> · {exactly(data.createdAt)}
          </dd>
        </div>
        <div>
          <dt>Citation</dt>
          <dd>
            <code>{`mnemesh://${namespace}/${id}`}</code>
          </dd>
        </div>
      </dl>
    </article>
  );
}

function plain(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
