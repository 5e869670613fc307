import { expect, test } from 'vitest';
import { gateMessages } from '../src/index.js';

/** A socket behind a gate, and what came through. */
function gated() {
  const socket = new EventTarget();
  const heard: unknown[] = [];
  const checks: ((leads: boolean) => void)[] = [];
  const gate = {
    isCertain: false,
    check: () => new Promise<boolean>((resolve) => checks.push(resolve)),
  };
  let losses = 0;
  gateMessages(socket, gate, () => {
    losses += 1;
  });
  socket.addEventListener('message', (event) => heard.push((event as MessageEvent).data));
  return {
    gate,
    heard,
    checks,
    losses: () => losses,
    say: (data: unknown) => socket.dispatchEvent(new MessageEvent('message', { data })),
    answer: async (leads: boolean): Promise<void> => {
      checks.shift()?.(leads);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test('a page that knows that it leads hears at once', () => {
  const { gate, heard, say, checks } = gated();
  gate.isCertain = true;
  say(1);
  expect(heard).toEqual([1]);
  expect(checks).toEqual([]);
});

test('[ID] what comes while it is asked follows in its order, each once', async () => {
  const { gate, heard, say, checks, answer } = gated();
  say(1);
  say(2);
  // Known by now, from elsewhere: what came first is heard first all the same.
  gate.isCertain = true;
  say(3);
  expect(heard).toEqual([]);
  expect(checks).toHaveLength(1);
  await answer(true);
  say(4);
  expect(heard).toEqual([1, 2, 3, 4]);
});

test('a page that does not lead any more hears nothing, and says so once', async () => {
  const { heard, say, answer, losses, checks } = gated();
  say(1);
  await answer(false);
  say(2);
  expect(heard).toEqual([]);
  expect(checks).toEqual([]);
  expect(losses()).toBe(1);
});
