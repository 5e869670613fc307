import type { Mesh, Write } from '@mnemesh/core';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import { Outbox, type TrackedWrite } from './outbox.js';
import type { Settings, SyncSettings } from './settings.js';

/** A line that says how something went, until the person has read it. */
export interface Said {
  readonly text: string;
  readonly kind: 'done' | 'failed';
}

/** What every view of an open mesh has at hand. */
export interface Workplace {
  readonly mesh: Mesh;
  readonly settings: Settings;
  readonly outbox: Outbox;
  readonly said: Said | undefined;
  say(said: Said | undefined): void;
  /** Opens with other settings, which are kept; undefined leaves the mesh and forgets them. */
  change(settings: Settings | undefined): void;
  /** Keeps what is preferred of sync, from now on. @throws MnemeshError `bad_input` */
  prefer(sync: SyncSettings): Promise<void>;
}

const WorkplaceContext = createContext<Workplace | undefined>(undefined);

interface WorkplaceProviderProps
  extends Pick<Workplace, 'mesh' | 'settings' | 'change' | 'prefer'> {
  readonly children: ReactNode;
}

export function WorkplaceProvider({
  mesh,
  settings,
  change,
  prefer,
  children,
}: WorkplaceProviderProps): ReactNode {
  const [outbox] = useState(() => new Outbox(Date.now));
  const [said, say] = useState<Said>();
  const workplace = useMemo(
    () => ({ mesh, settings, change, prefer, outbox, said, say }),
    [mesh, settings, change, prefer, outbox, said],
  );
  return <WorkplaceContext value={workplace}>{children}</WorkplaceContext>;
}

export function useWorkplace(): Workplace {
  const workplace = useContext(WorkplaceContext);
  if (workplace === undefined) throw new Error('This is shown outside of an open mesh.');
  return workplace;
}

export function useOutbox(): readonly TrackedWrite[] {
  const { outbox } = useWorkplace();
  return useSyncExternalStore(outbox.subscribe, outbox.read);
}

/** Does a write, tells the person how it went, and gives what it gave: undefined when it was refused. */
export type Writer = <T>(label: string, begin: () => Write<T>) => Promise<T | undefined>;

export function useWriter(): Writer {
  const { outbox, say } = useWorkplace();
  return useCallback(
    async (label, begin) => {
      try {
        const value = await outbox.track(label, begin());
        say({ text: label, kind: 'done' });
        return value;
      } catch (error) {
        say({ text: error instanceof Error ? error.message : String(error), kind: 'failed' });
        return undefined;
      }
    },
    [outbox, say],
  );
}
