import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  type ReactNode,
  useCallback,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';

/** Rows beyond the edge of what is seen that are rendered as well. */
const OVERSCAN = 6;
/** When so few rows are left below, the next page is read. */
const AHEAD = 30;

interface ChoiceListProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  keyOf(item: T): string;
  row(item: T): ReactNode;
  onOpen(item: T): void;
  /** Key of the one that is open beside the list. */
  readonly openKey?: string | undefined;
  /** Pixels, before a row was measured. */
  readonly rowHeight: number;
  /** Called when the end comes near. */
  onEndNear?(): void;
  /** A key that the list has no use for. Returns whether it was taken. */
  onKey?(key: string, item: T): boolean;
  readonly className?: string;
}

/** A list one moves through by arrows or j and k, and opens from by Enter. Only what is in sight is rendered. */
export function ChoiceList<T>(props: ChoiceListProps<T>): ReactNode {
  const { label, items, keyOf, row, onOpen, openKey, rowHeight, onEndNear, onKey, className } =
    props;
  const box = useRef<HTMLDivElement>(null);
  const base = useId();
  const [active, setActive] = useState<string>();
  const index = Math.max(
    0,
    items.findIndex((item) => keyOf(item) === (active ?? openKey)),
  );
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    getItemKey: (at) => keyOf(items[at] as T),
    overscan: OVERSCAN,
  });
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? -1;
  useEffect(() => {
    if (lastShown >= items.length - AHEAD) onEndNear?.();
  }, [lastShown, items.length, onEndNear]);

  const move = useCallback(
    (to: number) => {
      const target = items[Math.min(Math.max(to, 0), items.length - 1)];
      if (target === undefined) return;
      setActive(keyOf(target));
      virtual.scrollToIndex(items.indexOf(target));
    },
    [items, keyOf, virtual],
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: index + 1,
      j: index + 1,
      ArrowUp: index - 1,
      k: index - 1,
      Home: 0,
      End: items.length - 1,
      PageDown: index + 10,
      PageUp: index - 10,
    };
    const to = steps[event.key];
    const item = items[index];
    if (to !== undefined) move(to);
    else if (item === undefined) return;
    else if (event.key === 'Enter') onOpen(item);
    else if (onKey?.(event.key, item) !== true) return;
    event.preventDefault();
  };
  const idOf = (key: string): string => `${base}-${key}`;
  const activeItem = items[index];
  return (
    <div
      ref={box}
      className={`choices ${className ?? ''}`}
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={
        activeItem !== undefined && shown.some((one) => one.index === index)
          ? idOf(keyOf(activeItem))
          : undefined
      }
      onKeyDown={onKeyDown}
    >
      <div className="choices-all" role="presentation" style={{ height: virtual.getTotalSize() }}>
        {shown.map((one) => {
          const item = items[one.index] as T;
          const key = keyOf(item);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the list takes the keys
            // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
            <div
              key={key}
              id={idOf(key)}
              ref={virtual.measureElement}
              data-index={one.index}
              data-active={one.index === index}
              className="choice"
              role="option"
              aria-selected={key === openKey}
              aria-setsize={items.length}
              aria-posinset={one.index + 1}
              style={{ transform: `translateY(${one.start}px)` }}
              onClick={() => {
                setActive(key);
                onOpen(item);
              }}
            >
              {row(item)}
            </div>
          );
        })}
      </div>
    </div>
  );
}
