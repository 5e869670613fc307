import { type FormEvent, type ReactNode, useState } from 'react';
import { defaultSync, type SyncSettings } from '../session/settings.js';
import { useWorkplace } from '../session/workplace.js';

const units = { 'at once': 0, seconds: 1_000, minutes: 60_000, hours: 3_600_000 } as const;
type Unit = keyof typeof units;

/** How soon what is written here goes out: of this device only, and kept on it. */
export function SyncChoices(): ReactNode {
  const { settings, prefer, say } = useWorkplace();
  const { sync = defaultSync } = settings;
  const choose = async (chosen: SyncSettings, text: string): Promise<boolean> => {
    try {
      await prefer(chosen);
      say({ kind: 'done', text });
      return true;
    } catch (error) {
      say({ kind: 'failed', text: error instanceof Error ? error.message : String(error) });
      return false;
    }
  };
  const without = (namespaces: string): SyncSettings['cadences'] =>
    sync.cadences.filter((one) => one.namespaces !== namespaces);
  return (
    <section className="panel" aria-label="Sync">
      <h2>Sync</h2>
      <p className="hint">
        How soon what is written in this browser goes out. What others write comes when it comes.
      </p>
      <ul className="plain">
        {sync.cadences.map(({ namespaces, everyMs }) => (
          <li key={namespaces} className="retained">
            <code>{namespaces}</code> {cadenceText(everyMs)}
            <button
              type="button"
              className="linkish"
              aria-label={`No rule for ${namespaces}`}
              onClick={() =>
                void choose(
                  { ...sync, cadences: without(namespaces) },
                  `${namespaces} has no rule of its own any more`,
                )
              }
            >
              Remove
            </button>
          </li>
        ))}
        <li>{sync.cadences.length === 0 ? 'Everything' : 'Everything else'} goes out at once.</li>
      </ul>
      <CadenceForm
        onSet={(namespaces, everyMs) =>
          choose(
            { ...sync, cadences: [...without(namespaces), { namespaces, everyMs }] },
            `${namespaces} goes out ${cadenceText(everyMs)}`,
          )
        }
      />
      <p className="hint">
        <code>*</code> stands for one word, <code>**</code> for any. Where several match, the most
        particular one holds. A link that comes up takes along what waits, and so does what others
        write to the same segment.
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={sync.spare}
          onChange={(event) => {
            const spare = event.target.checked;
            void choose(
              { ...sync, spare },
              spare ? 'Data and battery are spared' : 'Data and battery are not spared',
            );
          }}
        />
        Spare data on metered networks and with a low battery
      </label>
      <p className="hint">
        Then nothing goes out more often than every half minute, where the browser tells of either.
      </p>
    </section>
  );
}

interface CadenceFormProps {
  /** Gives whether it was taken. */
  onSet(namespaces: string, everyMs: number): Promise<boolean>;
}

function CadenceForm({ onSet }: CadenceFormProps): ReactNode {
  const [namespaces, setNamespaces] = useState('');
  const [count, setCount] = useState('');
  const [unit, setUnit] = useState<Unit>('minutes');
  const isAtOnce = unit === 'at once';
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await onSet(namespaces.trim(), Number(count) * units[unit])) setNamespaces('');
  };
  return (
    <form className="settle" onSubmit={(event) => void submit(event)}>
      <input
        aria-label="Namespaces"
        placeholder="agents/**"
        value={namespaces}
        autoCapitalize="none"
        spellCheck={false}
        onChange={(event) => setNamespaces(event.target.value)}
      />
      {!isAtOnce && (
        <input
          aria-label="At most every"
          type="number"
          min={1}
          placeholder="every"
          value={count}
          onChange={(event) => setCount(event.target.value)}
        />
      )}
      <select
        aria-label="Unit"
        value={unit}
        onChange={(event) => setUnit(event.target.value as Unit)}
      >
        {Object.keys(units).map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      <button
        type="submit"
        disabled={namespaces.trim() === '' || (!isAtOnce && !(Number(count) > 0))}
      >
        Set on this device
      </button>
    </form>
  );
}

function cadenceText(everyMs: number): string {
  if (everyMs === 0) return 'at once';
  const unit = (['hours', 'minutes'] as const).find((one) => everyMs % units[one] === 0);
  const count = everyMs / units[unit ?? 'seconds'];
  const name = unit ?? 'seconds';
  return `at most every ${count === 1 ? name.slice(0, -1) : `${count} ${name}`}`;
}
