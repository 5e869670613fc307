import type { StorageRoom } from '@mnemesh/protocol';

/** The parts of a browser's storage manager that are used; each is missing somewhere. */
export type RoomSource = Partial<Pick<StorageManager, 'estimate' | 'persist' | 'persisted'>>;

/** The room of this site. Only pages can ask for it to be kept: in a worker nobody is asked. */
export function browserRoom(
  source: RoomSource | undefined = globalThis.navigator?.storage,
): StorageRoom {
  return {
    estimate: async () => {
      const { usage, quota } = (await source?.estimate?.()) ?? {};
      if (usage === undefined || quota === undefined || quota === 0) return undefined;
      return { usedBytes: usage, quotaBytes: quota };
    },
    keep: async () => {
      if (source?.persisted !== undefined && (await source.persisted())) return true;
      return source?.persist?.();
    },
  };
}
