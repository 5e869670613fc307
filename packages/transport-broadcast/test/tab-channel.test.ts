import { type ChannelOptions, holderLimits } from '@mnemesh/holder';
import type { Runtime } from '@mnemesh/protocol';
import { expect, onTestFinished, test } from 'vitest';
import type { Gate } from '../src/gate.js';
import { TabChannel, type TabChannelParts } from '../src/tab-channel.js';
import { tabLimits } from '../src/tab-limits.js';
import { ManualTime } from './manual-time.js';

let pairs = 0;

/** One end, what happened there, and a way to wait for the next thing. */
class End {
  readonly happened: unknown[] = [];
  readonly channel: TabChannel;
  #next: () => void = () => undefined;

  constructor(parts: TabChannelParts, options: Partial<ChannelOptions> = {}) {
    this.channel = new TabChannel(parts);
    this.channel.open({
      receivedBytes: holderLimits.requestBytes,
      sentBytes: holderLimits.requestBytes,
      received: (json) => this.#happens(json),
      failed: ({ code }) => this.#happens(code),
      ended: () => this.#happens('ended'),
      ...options,
    });
    onTestFinished(() => this.channel.destroy());
  }

  async until(count: number): Promise<readonly unknown[]> {
    while (this.happened.length < count) {
      await new Promise<void>((resolve) => {
        this.#next = resolve;
      });
    }
    return this.happened;
  }

  #happens(what: unknown): void {
    this.happened.push(what);
    this.#next();
  }
}

function pair(
  guest: Partial<TabChannelParts> = {},
  leader: Partial<TabChannelParts> = {},
  runtime: Runtime = new ManualTime(),
): readonly [End, End] {
  pairs += 1;
  const name = `mnemesh/test/${pairs}`;
  const parts = () => ({ wire: new BroadcastChannel(name), limits: tabLimits, runtime });
  return [new End({ ...parts(), ...guest }), new End({ ...parts(), ...leader })];
}

test('[ID] messages arrive in order, each once, and the end that leaves is heard to the end', async () => {
  const [guest, leader] = pair();
  for (let n = 0; n < 100; n++) guest.channel.send({ n });
  guest.channel.close();
  const happened = await leader.until(101);
  expect(happened).toEqual([...Array.from({ length: 100 }, (_, n) => ({ n })), 'ended']);
  expect(await guest.until(1)).toEqual(['ended']);
});

test('an end that was over before it was opened tells so, once it was given to whoever opened it', async () => {
  const wire = new BroadcastChannel('mnemesh/test/over');
  const channel = new TabChannel({ wire, limits: tabLimits, runtime: new ManualTime() });
  channel.destroy();
  const happened: string[] = [];
  const ended = new Promise<void>((resolve) => {
    channel.open({
      receivedBytes: holderLimits.requestBytes,
      sentBytes: holderLimits.requestBytes,
      received: () => happened.push('received'),
      failed: () => happened.push('failed'),
      ended: () => {
        happened.push('ended');
        resolve();
      },
    });
  });
  happened.push('opened');
  await ended;
  channel.destroy();
  expect(happened).toEqual(['opened', 'ended']);
});

test('[BD] an end knows how much the other has not taken, and is told when it has', async () => {
  const [guest, leader] = pair();
  leader.channel.pause();
  const text = 'x'.repeat(tabLimits.toldBytes);
  guest.channel.send({ text });
  expect(guest.channel.unread).toBeGreaterThan(tabLimits.toldBytes);
  const read = new Promise<void>((resolve) => guest.channel.onceRead(resolve));
  leader.channel.resume();
  await read;
  expect(guest.channel.unread).toBe(0);
});

test('[BD] an end that may not take a message yet lets go of whoever sends on and on', async () => {
  const limits = { ...tabLimits, waitingBytes: 1_000 };
  const [guest, leader] = pair({}, { limits });
  leader.channel.pause();
  for (let n = 0; n < 20; n++) guest.channel.send({ text: 'x'.repeat(100) });
  expect(await leader.until(1)).toEqual(['overloaded']);
});

test('what is no message of ours is passed over', async () => {
  const [guest, leader] = pair();
  const stranger = new BroadcastChannel(`mnemesh/test/${pairs}`);
  onTestFinished(() => stranger.close());
  for (const strange of [null, 7, 'text', [], { type: 'message' }, { type: 'other' }])
    stranger.postMessage(strange);
  guest.channel.send({ say: 'known' });
  expect(await leader.until(1)).toEqual([{ say: 'known' }]);
});

test('an end that may have lost the lead looks before it acts, and acts on nothing once it has', async () => {
  let checks = 0;
  let leads = true;
  const gate: Gate = {
    isCertain: false,
    check: async () => {
      checks += 1;
      return leads;
    },
  };
  const certain = { ...gate, isCertain: true };
  const [sure, surely] = pair({}, { gate: certain });
  sure.channel.send({ say: 'at once' });
  expect(await surely.until(1)).toEqual([{ say: 'at once' }]);
  expect(checks).toBe(0);

  leads = false;
  const [guest, leader] = pair({}, { gate });
  guest.channel.send({ say: 'not for you' });
  expect(await leader.until(1)).toEqual(['ended']);
  expect(await guest.until(1)).toEqual(['ended']);
  expect(checks).toBe(1);
});

test('a guest that was shown no sign of life in time says so, and one that was does not', async () => {
  const time = new ManualTime();
  let silences = 0;
  const onSilent = (): void => {
    silences += 1;
  };
  const [guest, leader] = pair({ onSilent }, {}, time);
  guest.channel.send({ say: 'asks for a sign' });
  await leader.until(1);
  leader.channel.send({ say: 'something else' });
  await guest.until(1);
  time.pass(tabLimits.patienceMs);
  expect(silences).toBe(0);

  leader.channel.destroy();
  const [lonely] = pair({ onSilent }, {}, time);
  lonely.channel.send({ say: 'is anybody there?' });
  time.pass(tabLimits.patienceMs);
  expect(silences).toBe(1);
});

test('a guest whose own page stood still asks once more before it says so', () => {
  const time = new ManualTime();
  let silences = 0;
  const [guest] = pair({ onSilent: () => silences++ }, {}, time);
  guest.channel.send({ say: 'asks' });
  time.pass(10 * tabLimits.patienceMs);
  expect(silences).toBe(0);
  time.pass(tabLimits.patienceMs);
  expect(silences).toBe(1);
});

test('a guest that is told nothing for long looks whether its leader is there', () => {
  const time = new ManualTime();
  let silences = 0;
  pair({ onSilent: () => silences++ }, {}, time);
  time.pass(tabLimits.quietMs);
  expect(silences).toBe(0);
  time.pass(tabLimits.patienceMs);
  expect(silences).toBe(1);
});
