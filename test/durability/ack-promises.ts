import { decodeFrame, type Frame } from '@mnemesh/protocol';
import { MARK } from './saved-promises.js';
import type { Syscall } from './syscalls.js';
import type { Promised } from './wal-history.js';
import { messagesOf } from './web-socket-stream.js';

/** Type byte of y-websocket's messages that carry our frames. */
const CARRIER_TYPE = 120;

interface Pushed {
  readonly number: number;
  readonly marks: readonly string[];
}

interface LinkFrame {
  readonly frame: Frame;
  readonly inbound: boolean;
  readonly moment: number;
}

/**
 * What a relay told its links to be durable, read from its sockets: each `durable` frame promises the
 * pushes received by that link, and those sent to it, up to the numbers that it names.
 */
export function ackPromises(calls: readonly Syscall[]): readonly Promised[] {
  const sockets = new Set(
    calls.map(({ target }) => target).filter((name) => name.startsWith('TCP')),
  );
  return [...sockets].flatMap((socket) =>
    promisesOn(calls.filter(({ target, result }) => target === socket && result > 0)),
  );
}

function promisesOn(calls: readonly Syscall[]): readonly Promised[] {
  let received: Pushed[] = [];
  let sent: Pushed[] = [];
  const promises: Promised[] = [];
  for (const { frame, inbound, moment } of framesOn(calls)) {
    if (frame.type === 'push') {
      const pushed = { number: frame.number, marks: marksIn(frame.update) };
      (inbound ? received : sent).push(pushed);
    }
    if (frame.type !== 'durable' || inbound) continue;
    const told = [
      ...received.filter(({ number }) => number <= frame.received),
      ...sent.filter(({ number }) => number <= frame.sent),
    ];
    received = received.filter(({ number }) => number > frame.received);
    sent = sent.filter(({ number }) => number > frame.sent);
    for (const text of told.flatMap(({ marks }) => marks)) promises.push({ text, told: moment });
  }
  return promises;
}

function framesOn(calls: readonly Syscall[]): readonly LinkFrame[] {
  return [true, false]
    .flatMap((inbound) => {
      const own = calls.filter(({ name }) => (name === 'read') === inbound);
      return messagesOf(own).flatMap(({ bytes, moment }) => {
        if (bytes[0] !== CARRIER_TYPE) return [];
        const frame = decodeFrame(bytes.subarray(1));
        return frame.type === 'unknown' ? [] : [{ frame, inbound, moment }];
      });
    })
    .sort((a, b) => a.moment - b.moment);
}

function marksIn(update: Uint8Array): readonly string[] {
  return [...new Set(Buffer.from(update).toString('latin1').match(MARK) ?? [])];
}
