import { type ReactNode, useId, useState } from 'react';
import { Icon, type IconName } from '../ui/icon.js';
import { Sheet } from '../ui/sheet.js';

export interface Command {
  readonly name: string;
  readonly icon: IconName;
  readonly keys?: string;
  run(): void;
}

interface CommandPaletteProps {
  readonly commands: readonly Command[];
  readonly onClose: () => void;
}

export function CommandPalette({ commands, onClose }: CommandPaletteProps): ReactNode {
  const [query, setQuery] = useState('');
  const [at, setAt] = useState(0);
  const base = useId();
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = commands.filter(({ name }) =>
    words.every((word) => name.toLowerCase().includes(word)),
  );
  const active = Math.min(at, found.length - 1);
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    onClose();
    command.run();
  };
  return (
    <Sheet title="Commands" onClose={onClose}>
      <input
        className="palette-input"
        role="combobox"
        aria-expanded="true"
        aria-controls={`${base}-list`}
        aria-activedescendant={active >= 0 ? `${base}-${active}` : undefined}
        aria-label="Command"
        placeholder="Type what you want to do"
        value={query}
        onChange={(event) => {
          setQuery(event.target.value);
          setAt(0);
        }}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') setAt(Math.min(active + 1, found.length - 1));
          else if (event.key === 'ArrowUp') setAt(Math.max(active - 1, 0));
          else if (event.key === 'Enter') run(found[active]);
          else return;
          event.preventDefault();
        }}
      />
      <div className="palette" role="listbox" id={`${base}-list`} aria-label="Commands">
        {found.map((command, n) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above takes the keys
          // biome-ignore lint/a11y/useFocusableInteractive: the field above has the focus
          <div
            key={command.name}
            id={`${base}-${n}`}
            role="option"
            aria-selected={n === active}
            className="palette-row"
            onClick={() => run(command)}
          >
            <Icon name={command.icon} />
            <span>{command.name}</span>
            {command.keys !== undefined && <kbd>{command.keys}</kbd>}
          </div>
        ))}
        {found.length === 0 && <p className="quiet pad">No command is named like this.</p>}
      </div>
    </Sheet>
  );
}
