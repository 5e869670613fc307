import type { Conflict, ConflictValue } from '@mnemesh/core';
import { useQuestion } from '@mnemesh/react';
import { type ReactNode, useState } from 'react';
import { Link } from 'wouter';
import { recordPath } from '../data/record-path.js';
import { Age, Agent } from '../ui/agent.js';
import { ForgetSheet } from './forget-sheet.js';
import { itemStory, valueText } from './questions.js';

interface ConflictSideProps {
  readonly conflict: Conflict;
  readonly value: ConflictValue;
  readonly group: string;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  /** Begins what holds instead with what this side says. */
  readonly onStart: () => void;
}

/** One of the values that stand beside each other, and what can be done with it alone. */
export function ConflictSide(props: ConflictSideProps): ReactNode {
  const { conflict, value, group, isChosen, onChoose, onStart } = props;
  const { collection, namespace } = conflict;
  const [forgetting, setForgetting] = useState(false);
  // A topic's values are items; those of a field belong to one record, which the conflict links to.
  const item = conflict.kind === 'topic' ? value.record : undefined;
  return (
    <div className="side-value" data-chosen={isChosen}>
      <label className="side-choice">
        <span className="side-head">
          <input type="radio" name={group} checked={isChosen} onChange={onChoose} />
          <Agent id={value.agent} />
          <span className="quiet">
            {value.authorKind === 'human' ? 'a person' : 'an agent'} · <Age at={value.at} />
          </span>
        </span>
        <span className="side-text">{valueText(value.value)}</span>
      </label>
      <span className="side-acts">
        {item !== undefined && (
          <Link href={recordPath({ collection, namespace, id: item })}>Open</Link>
        )}
        <button type="button" className="linkish" onClick={onStart}>
          Start from this
        </button>
        {item !== undefined && (
          <button type="button" className="linkish danger" onClick={() => setForgetting(true)}>
            Forget
          </button>
        )}
      </span>
      {forgetting && item !== undefined && (
        <ForgetItem id={item} namespace={namespace} onClose={() => setForgetting(false)} />
      )}
    </div>
  );
}

interface ForgetItemProps {
  readonly id: NonNullable<ConflictValue['record']>;
  readonly namespace: string;
  readonly onClose: () => void;
}

function ForgetItem({ id, namespace, onClose }: ForgetItemProps): ReactNode {
  const { data } = useQuestion(itemStory, { id, namespace });
  if (data === undefined || data === null) return null;
  return <ForgetSheet story={data} onClose={onClose} />;
}
