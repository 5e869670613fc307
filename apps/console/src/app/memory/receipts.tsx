import type { HolderStatus } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import { useQuestion } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Age, Agent } from '../ui/agent.js';
import { EmptyState } from '../ui/empty-state.js';
import { Icon } from '../ui/icon.js';
import { forgetStatus } from './questions.js';

interface ReceiptsProps {
  readonly id: RecordId;
  readonly namespace?: string;
  readonly onClose: () => void;
}

/** Of an item that is not here: who has said that nothing of it is left, if it was forgotten. */
export function Receipts({ onClose, ...place }: ReceiptsProps): ReactNode {
  const { data } = useQuestion(forgetStatus, place);
  if (data === undefined) return null;
  if (data === null) {
    return (
      <EmptyState icon="memory" title="This item is not here">
        It is not in this namespace, or has not arrived yet. It appears as soon as it does.
      </EmptyState>
    );
  }
  const done = data.holders.length - data.outstanding.length;
  return (
    <article className="detail">
      <header className="detail-head">
        <span className="kind">forgotten</span>
        <button type="button" className="bare" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <h2>
        {data.outstanding.length === 0
          ? 'Nothing of it is left'
          : `${done} of ${data.holders.length} holders have erased it`}
      </h2>
      <p className="quiet">
        Forgotten by <Agent id={data.forgottenBy} />, <Age at={data.forgottenAt} />.
      </p>
      <section>
        <h3>Receipts</h3>
        <ul className="receipts">
          {data.holders.map((holder) => (
            <Receipt key={holder.holder} holder={holder} />
          ))}
        </ul>
      </section>
    </article>
  );
}

function Receipt({ holder }: { readonly holder: HolderStatus }): ReactNode {
  const { kind, agents, scrubbed, seenAt } = holder;
  return (
    <li className={scrubbed ? 'receipt receipt-done' : 'receipt'}>
      <Icon name={scrubbed ? 'check' : 'clock'} />
      <span>
        {kind === 'relay' ? <code>{holder.holder}</code> : null}
        {kind === 'replica' && agents.length === 0 ? (
          <code>replica {holder.holder.slice(0, 8)}</code>
        ) : null}
        {agents.map((id) => (
          <Agent key={id} id={id} />
        ))}
      </span>
      <span className="quiet">
        {scrubbed ? 'erased' : 'has not said yet'}
        {seenAt !== undefined && (
          <>
            {' · seen '}
            <Age at={seenAt} />
          </>
        )}
      </span>
    </li>
  );
}
