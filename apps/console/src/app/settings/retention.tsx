import type { NamespaceRetention } from '@mnemesh/core';
import { type QuestionKind, useMesh, useQuestion } from '@mnemesh/react';
import { type FormEvent, type ReactNode, useState } from 'react';
import { useWorkplace } from '../session/workplace.js';

const retentions: QuestionKind<null, readonly NamespaceRetention[]> = {
  name: 'console/retentions',
  ask: (mesh) => mesh.retentions(),
  watch: (mesh, _, changed) => mesh.onStatus(changed),
};

const shared = ['shared/memory', 'shared/tasks', 'conversations', 'shared/tools'] as const;

/** How long what is done with is kept: one choice for the whole mesh. */
export function Retention(): ReactNode {
  const mesh = useMesh();
  const { say } = useWorkplace();
  const { data: chosen = [] } = useQuestion(retentions, null);
  const [days, setDays] = useState('');
  const [namespace, setNamespace] = useState<string>(shared[0]);
  const retain = async (place: string, kept: number | undefined): Promise<void> => {
    try {
      await mesh.retain(place, kept);
      say({
        kind: 'done',
        text: kept === undefined ? `${place} is kept for good` : `${place} is kept ${kept} days`,
      });
    } catch (error) {
      say({ kind: 'failed', text: error instanceof Error ? error.message : String(error) });
    }
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void retain(namespace, days === '' ? undefined : Number(days));
  };
  return (
    <section className="panel" aria-label="Retention">
      <h2>Retention</h2>
      <p className="hint">
        After so many days, what is done with ends for good, for everybody: tasks in a final state,
        items past their validity, archived records, what was said once.
      </p>
      {chosen.length > 0 && (
        <ul className="plain">
          {chosen.map((one) => (
            <li key={one.namespace} className="retained">
              <code>{one.namespace}</code> {one.days} days
              <button
                type="button"
                className="linkish"
                onClick={() => void retain(one.namespace, undefined)}
              >
                Keep for good
              </button>
            </li>
          ))}
        </ul>
      )}
      <form className="settle" onSubmit={submit}>
        <select
          aria-label="Namespace"
          value={namespace}
          onChange={(event) => setNamespace(event.target.value)}
        >
          {shared.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
        <input
          aria-label="Days"
          type="number"
          min={1}
          placeholder="days"
          value={days}
          onChange={(event) => setDays(event.target.value)}
        />
        <button type="submit" disabled={days === ''}>
          Set for everybody
        </button>
      </form>
    </section>
  );
}
