import { useMesh } from '@mnemesh/react';
import { type ReactNode, useState } from 'react';

/** Two texts that people carry between two devices link them, with no server at all. */
export function OfflineInvitation(): ReactNode {
  const { peers } = useMesh();
  const [offer, setOffer] = useState('');
  const [theirs, setTheirs] = useState('');
  const [answer, setAnswer] = useState('');
  const [said, setSaid] = useState('');
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    setSaid('');
    try {
      await work();
    } catch (error) {
      setSaid(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <details className="fold">
      <summary>Link with one device without any server</summary>
      <div className="row">
        <button
          type="button"
          onClick={() => void attempt(async () => setOffer(await peers.invite()))}
        >
          Make an offer
        </button>
      </div>
      {offer !== '' && <pre className="code-block">{offer}</pre>}
      <label className="field">
        <span>Text of the other device</span>
        <textarea
          rows={2}
          value={theirs}
          spellCheck={false}
          onChange={(event) => setTheirs(event.target.value)}
        />
      </label>
      <div className="row">
        <button
          type="button"
          disabled={theirs.trim() === ''}
          onClick={() =>
            void attempt(async () => {
              if (offer === '') setAnswer(await peers.answer(theirs.trim()));
              else {
                await peers.complete(theirs.trim());
                setSaid('Linked.');
              }
            })
          }
        >
          {offer === '' ? 'Answer it' : 'Take their answer'}
        </button>
      </div>
      {answer !== '' && <pre className="code-block">{answer}</pre>}
      <p role="status">{said}</p>
    </details>
  );
}
