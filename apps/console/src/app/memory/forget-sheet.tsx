import { useMesh } from '@mnemesh/react';
import { type ReactNode, useState } from 'react';
import { useWriter } from '../session/workplace.js';
import { Sheet } from '../ui/sheet.js';
import { type ItemStory, memoryOf } from './questions.js';

interface ForgetSheetProps {
  readonly story: ItemStory;
  readonly onClose: () => void;
}

/** Asks before something is gone for good, and offers what rests on it. */
export function ForgetSheet({ story, onClose }: ForgetSheetProps): ReactNode {
  const { item, dependents } = story;
  const mesh = useMesh();
  const write = useWriter();
  const [too, setToo] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string): void => {
    const chosen = new Set(too);
    if (!chosen.delete(id)) chosen.add(id);
    setToo(chosen);
  };
  const forget = async (): Promise<void> => {
    const memory = memoryOf(mesh, item.namespace);
    for (const one of dependents.filter(({ id }) => too.has(id)))
      await write('Forgot what rested on it', () => memory.forget(one.id));
    await write('Forgotten; its holders are asked for receipts', () => memory.forget(item.id));
    onClose();
  };
  return (
    <Sheet title="Forget this for good?" onClose={onClose}>
      <blockquote className="quoted">{item.content}</blockquote>
      <p>
        Content and history are deleted on every replica and relay; each says so by a receipt, which
        you can follow here. It cannot be undone.
      </p>
      {dependents.length > 0 && (
        <fieldset className="options">
          <legend>These name it. Forget them, too?</legend>
          {dependents.map((one) => (
            <label key={one.id} className="check">
              <input type="checkbox" checked={too.has(one.id)} onChange={() => toggle(one.id)} />
              {one.content}
            </label>
          ))}
        </fieldset>
      )}
      <div className="row row-end">
        <button type="button" onClick={onClose}>
          Keep it
        </button>
        <button type="button" className="danger-solid" onClick={() => void forget()}>
          Forget for good
        </button>
      </div>
    </Sheet>
  );
}
