/** What plain rooms have met since the relay started. */
export interface RoomCounters {
  readonly linksAccepted: number;
  readonly updates: number;
  /** Updates of which a part did not follow on what the room holds. */
  readonly gaps: number;
  /** Updates for which a room had no space left. */
  readonly refusedUpdates: number;
  readonly malformedMessages: number;
  readonly unknownMessages: number;
  readonly droppedPresence: number;
  readonly slowReaders: number;
  readonly silentClients: number;
  readonly commits: number;
  readonly failedCommits: number;
  readonly folds: number;
}

export type MutableRoomCounters = { -readonly [Name in keyof RoomCounters]: number };

export function newRoomCounters(): MutableRoomCounters {
  return {
    linksAccepted: 0,
    updates: 0,
    gaps: 0,
    refusedUpdates: 0,
    malformedMessages: 0,
    unknownMessages: 0,
    droppedPresence: 0,
    slowReaders: 0,
    silentClients: 0,
    commits: 0,
    failedCommits: 0,
    folds: 0,
  };
}
