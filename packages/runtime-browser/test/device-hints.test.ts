import { expect, test } from 'vitest';
import { watchDevice } from '../src/index.js';

/** A page whose browser tells what the test says. */
function device() {
  const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi' });
  const battery = Object.assign(new EventTarget(), { charging: false, level: 0.9 });
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const window = new EventTarget();
  const told: string[] = [];
  const stop = watchDevice(
    {
      sparing: (sparing) => told.push(sparing ? 'spare' : 'as usual'),
      chance: () => told.push('chance'),
    },
    { navigator: { connection, getBattery: async () => battery }, document, window },
  );
  const change = <T extends EventTarget>(target: T, event: string, to: Partial<T>): void => {
    Object.assign(target, to);
    target.dispatchEvent(new Event(event));
  };
  return { connection, battery, document, window, told, stop, change };
}

test('a connection that costs, or a battery that is low, is to be spared, until neither is so any more', async () => {
  const { connection, battery, told, change } = device();
  await Promise.resolve();
  expect(told).toEqual([]);
  change(connection, 'change', { type: 'cellular' });
  change(battery, 'levelchange', { level: 0.1 });
  expect(told).toEqual(['spare']);
  change(connection, 'change', { type: 'wifi' });
  expect(told).toEqual(['spare']);
  change(battery, 'chargingchange', { charging: true });
  expect(told).toEqual(['spare', 'as usual']);
  change(connection, 'change', { saveData: true });
  expect(told).toEqual(['spare', 'as usual', 'spare']);
});

test('a network that returns and a page that is looked at again are chances to connect', () => {
  const { document, window, told, change, stop } = device();
  window.dispatchEvent(new Event('online'));
  change(document, 'visibilitychange', { visibilityState: 'hidden' });
  expect(told).toEqual(['chance']);
  change(document, 'visibilitychange', { visibilityState: 'visible' });
  expect(told).toEqual(['chance', 'chance']);
  stop();
  window.dispatchEvent(new Event('online'));
  expect(told).toHaveLength(2);
});

test('a browser that tells nothing of either is one like any other', async () => {
  const told: unknown[] = [];
  const stop = watchDevice(
    { sparing: (sparing) => told.push(sparing), chance: () => told.push('chance') },
    {
      navigator: { getBattery: () => Promise.reject(new Error('not allowed')) },
      window: new EventTarget(),
    },
  );
  await Promise.resolve();
  stop();
  expect(told).toEqual([]);
});
