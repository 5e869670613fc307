import type { ReactNode } from 'react';
import { Sheet } from '../ui/sheet.js';
import { views } from './views.js';

const everywhere: readonly (readonly [keys: string, what: string])[] = [
  ['/', 'Search'],
  ['n', 'Add: an item, or a task'],
  ['Ctrl K', 'All commands'],
  ['Shift O', 'Go offline, or back'],
  ['?', 'This sheet'],
];
const lists: readonly (readonly [keys: string, what: string])[] = [
  ['j k ↑ ↓', 'Next, previous'],
  ['Enter', 'Open'],
  ['[ ]', 'On the board: move the task a column to the left, to the right'],
  ['m', 'On the board: choose the state to move to'],
  ['Esc', 'Close what is open'],
];

export function HelpSheet({ onClose }: { readonly onClose: () => void }): ReactNode {
  return (
    <Sheet title="Keys" onClose={onClose} wide>
      <div className="help">
        <Keys title="Everywhere" keys={everywhere} />
        <Keys title="Go to" keys={views.map(({ key, name }) => [`g ${key}`, name] as const)} />
        <Keys title="In lists" keys={lists} />
      </div>
    </Sheet>
  );
}

interface KeysProps {
  readonly title: string;
  readonly keys: readonly (readonly [keys: string, what: string])[];
}

function Keys({ title, keys }: KeysProps): ReactNode {
  return (
    <section>
      <h3>{title}</h3>
      <dl className="keys">
        {keys.map(([combination, what]) => (
          <div key={combination}>
            <dt>
              {combination.split(' ').map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
