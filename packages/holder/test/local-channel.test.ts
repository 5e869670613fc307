import { MnemeshError } from '@mnemesh/protocol';
import { expect, test } from 'vitest';
import { type Channel, type ChannelOptions, localChannels } from '../src/index.js';

/** One end, and what happened there. */
function end(open: (options: ChannelOptions) => Channel, options: Partial<ChannelOptions> = {}) {
  const happened: unknown[] = [];
  const channel = open({
    receivedBytes: 1_000,
    sentBytes: 1_000,
    received: (json) => happened.push(json),
    failed: ({ code }) => happened.push(code),
    ended: () => happened.push('ended'),
    ...options,
  });
  return { channel, happened };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what one end sends the other gets later, in order, and as a copy', async () => {
  const [one, other] = localChannels();
  const left = end(one);
  const message = { number: 1, gone: undefined };
  left.channel.send(message);
  message.number = 2;
  left.channel.send(message);
  // Sent before the other end was there.
  const right = end(other);
  expect(right.happened).toEqual([]);
  await settled();
  expect(right.happened).toEqual([{ number: 1 }, { number: 2 }]);
});

test('[BD] an end that is told to wait gets nothing, and the other sees how much waits', async () => {
  const [one, other] = localChannels();
  const [left, right] = [end(one), end(other)];
  right.channel.pause();
  left.channel.send({ a: 1 });
  await settled();
  expect(right.happened).toEqual([]);
  expect(left.channel.unread).toBe(7);
  const read = new Promise<void>((resolve) => left.channel.onceRead(resolve));
  right.channel.resume();
  await read;
  expect(left.channel.unread).toBe(0);
  expect(right.happened).toEqual([{ a: 1 }]);
});

test('[BD] a message that is too long is refused before it is sent', async () => {
  const [one, other] = localChannels();
  const [left, right] = [end(one), end(other)];
  expect(() => left.channel.send({ text: 'x'.repeat(1_000) })).toThrow(MnemeshError);
  await settled();
  expect(right.happened).toEqual([]);
});

test('an end that closes is heard to the end, and both are told once', async () => {
  const [one, other] = localChannels();
  const [left, right] = [end(one), end(other)];
  left.channel.send({ say: 'last' });
  left.channel.close();
  right.channel.send({ say: 'too late' });
  await settled();
  right.channel.destroy();
  left.channel.destroy();
  expect(right.happened).toEqual([{ say: 'last' }, 'ended']);
  expect(left.happened).toEqual(['ended']);
});

test('an end that cannot take a message is told why, and takes no more', async () => {
  const [one, other] = localChannels();
  const left = end(one);
  let calls = 0;
  const right = end(other, {
    received: () => {
      calls += 1;
      throw new Error('no');
    },
  });
  left.channel.send({ say: 'one' });
  left.channel.send({ say: 'two' });
  await settled();
  expect(calls).toBe(1);
  expect(right.happened).toEqual(['bad_frame']);
});
