import type { RoomEstimate, StorageRoom } from '@mnemesh/protocol';

/** Milliseconds for which a refused write says more of the room than what the browser estimates. */
export const REFUSAL_MS = 10 * 60_000;

/** The parts of a browser's storage manager that are used; each is missing somewhere. */
export type RoomSource = Partial<Pick<StorageManager, 'estimate' | 'persist' | 'persisted'>>;

export interface BrowserRoom extends StorageRoom {
  /** The browser refused a write because there was no room. */
  refused(): void;
}

/**
 * The room of this site. Browsers tell a quota that they may not have, so that pages learn nothing of the disk: what
 * was used when a write was refused counts as all there is, until more is used or some minutes are over. Only
 * pages can ask for it to be kept: in a worker nobody is asked.
 */
export function browserRoom(
  source: RoomSource | undefined = globalThis.navigator?.storage,
  now: () => number = Date.now,
): BrowserRoom {
  let refusedAt: number | undefined;
  let most: number | undefined;
  const learned = ({ usedBytes, quotaBytes }: RoomEstimate): RoomEstimate => {
    if (refusedAt === undefined) return { usedBytes, quotaBytes };
    most ??= usedBytes;
    const isOver = now() - refusedAt >= REFUSAL_MS || usedBytes > most;
    if (isOver) refusedAt = undefined;
    return { usedBytes, quotaBytes: isOver ? quotaBytes : Math.min(quotaBytes, most) };
  };
  return {
    estimate: async () => {
      const { usage, quota } = (await source?.estimate?.()) ?? {};
      if (usage === undefined || quota === undefined || quota === 0) return undefined;
      return learned({ usedBytes: usage, quotaBytes: quota });
    },
    keep: async () => {
      if (source?.persisted !== undefined && (await source.persisted())) return true;
      return source?.persist?.();
    },
    refused: () => {
      refusedAt = now();
      most = undefined;
    },
  };
}
