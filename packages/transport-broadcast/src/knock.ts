import { parsePacket } from './packets.js';

/** A tab that wants to be let in: its channel, and the lock by which the leader sees that it lives. */
export interface Knocker {
  readonly wire: BroadcastChannel;
  readonly release: () => void;
  /** Resolves to the page that let it in. */
  readonly opened: Promise<string>;
}

/** Makes ready to knock with a channel of this name. */
export async function prepareKnock(locks: LockManager, name: string): Promise<Knocker> {
  const release = await holdLock(locks, name);
  const wire = new BroadcastChannel(name);
  const opened = new Promise<string>((resolve) => {
    wire.onmessage = ({ data }) => {
      const packet = parsePacket(data);
      if (packet?.type === 'open') resolve(packet.leader);
    };
  });
  return { wire, release, opened };
}

function holdLock(locks: LockManager, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject);
  });
}

/** This page, as the browser's locks name it. */
export async function pageId(locks: LockManager, name: string): Promise<string> {
  const release = await holdLock(locks, name);
  const { held = [] } = await locks.query();
  release();
  return held.find((lock) => lock.name === name)?.clientId ?? '';
}
