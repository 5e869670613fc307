import { useMesh } from '@mnemesh/react';
import { type ReactNode, useState } from 'react';

/** As the texts begin, so that one field takes either. */
const OFFER = 'mnemesh-offer.';

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
  // Both may have made an offer: the text itself says what it is.
  const isOffer = theirs.trim().startsWith(OFFER);
  const take = (): Promise<void> =>
    attempt(async () => {
      if (isOffer) setAnswer(await peers.answer(theirs.trim()));
      else {
        await peers.complete(theirs.trim());
        setOffer('');
        setSaid('Linked.');
      }
    });
  return (
    <details className="fold">
      <summary>Link with one device without any server</summary>
      <div className="row">
        <button
          type="button"
          onClick={() => void attempt(async () => setOffer(await peers.invite()))}
        >
          {offer === '' ? 'Make an offer' : 'Make another offer'}
        </button>
      </div>
      {offer !== '' && <Carried name="Offer" text={offer} to="It is good for one answer." />}
      <label className="field">
        <span>Text of the other device, an offer or an answer</span>
        <textarea
          rows={2}
          value={theirs}
          spellCheck={false}
          onChange={(event) => setTheirs(event.target.value)}
        />
      </label>
      <div className="row">
        <button type="button" disabled={theirs.trim() === ''} onClick={() => void take()}>
          {isOffer ? 'Answer it' : 'Take their answer'}
        </button>
      </div>
      {answer !== '' && (
        <Carried name="Answer" text={answer} to="The link opens when the other device takes it." />
      )}
      <p role="status">{said}</p>
    </details>
  );
}

interface CarriedProps {
  readonly name: string;
  readonly text: string;
  readonly to: string;
}

/** A text that somebody carries to the other device. */
function Carried({ name, text, to }: CarriedProps): ReactNode {
  return (
    <section aria-label={name}>
      <pre className="code-block">{text}</pre>
      <p className="hint">{to}</p>
    </section>
  );
}
