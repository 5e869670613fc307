import { type HelloMessage, HOLDER_PROTOCOL, holderLimits, localChannels } from '@mnemesh/holder';
import { browserRuntime } from '@mnemesh/runtime-browser';
import { expect, test } from 'vitest';
import { joinTabs } from '../src/join-tabs.js';

const hello: HelloMessage = {
  type: 'hello',
  protocol: HOLDER_PROTOCOL,
  mesh: 'atlas',
  agent: 'ann',
  doubtful: [],
};

test('the time that a silent tab takes counts: whoever opens is soon told that it lets nobody in [BD]', async () => {
  let reached = 0;
  const tab = {
    reach: async () => {
      reached += 1;
      return localChannels()[0];
    },
  };
  const limits = { ...holderLimits, helloMs: 50, joinMs: 100, lookMs: 1, longestLookMs: 1 };
  const joining = joinTabs(tab, hello, browserRuntime(), limits);
  await expect(joining).rejects.toMatchObject({ code: 'overloaded' });
  expect(reached).toBeLessThanOrEqual(3);
});
