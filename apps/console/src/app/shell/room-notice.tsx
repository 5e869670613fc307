import { useStatus } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Icon } from '../ui/icon.js';

/** Stays in sight, in every view, while this browser cannot save or may soon not be able to: says what can be done. */
export function RoomNotice(): ReactNode {
  const { storeError, room } = useStatus();
  if (storeError !== undefined) {
    return (
      <p className="refused room-notice" role="alert">
        <Icon name="conflict" /> <strong>Not saving.</strong> {storeError}
        {room?.advice !== undefined && ` ${room.advice}`}
      </p>
    );
  }
  const { level, advice } = room ?? {};
  // A region that is read out is there before it has something to say.
  return (
    <div role="status" aria-label="Room">
      {(level === 'low' || level === 'short') && (
        <p className="notice notice-warn room-notice" data-level={level}>
          <Icon name="conflict" />{' '}
          <strong>{level === 'low' ? 'Room gets low.' : 'Room is short.'}</strong> {advice}
        </p>
      )}
    </div>
  );
}
