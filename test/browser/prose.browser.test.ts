import { benchInBrowser } from '@mnemesh/testing-browser';
import { expect, test } from 'vitest';
import { startRelay, startReplica, temporaryDirectory } from '../integration/place.js';
import { StockClient } from '../integration/stock-client.js';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 30_000 };

test('[CV] a tab, a Node agent and an unmodified client edit one document, and the tab has it without the relay', async () => {
  const device = await bench.device();
  const relay = await startRelay(await temporaryDirectory());
  const agent = await startReplica(await temporaryDirectory(), 'agent', relay.url);
  const { id } = await agent.prose.create({ title: 'Minutes', text: 'We met.\n' });
  await agent.acked();

  const page = await device.open(bench.url);
  await page.call('open', relay.url);
  await expect
    .poll(
      () =>
        page.call('edit', id).then(
          () => true,
          () => false,
        ),
      patient,
    )
    .toBe(true);
  await expect.poll(() => page.call('shown'), patient).toBe('We met.\n');
  const client = await StockClient.join(`${relay.url}/prose/team`, id);
  await page.call('type', 0, 'Monday. ');
  client.write('We left.\n');
  await agent.prose.replace(id, 'We met and agreed.\n', { base: 'We met.\n' });
  const all = 'Monday. We met and agreed.\nWe left.\n';
  await expect.poll(() => page.call('shown'), patient).toBe(all);
  await client.until(() => client.text === all);
  await expect.poll(async () => (await agent.prose.get(id))?.text, patient).toBe(all);

  await relay.close();
  await page.call('type', all.length, 'The tab is alone.\n');
  await page.call('close');
  await page.close();
  const again = await device.open(bench.url);
  await expect
    .poll(() =>
      again.call('open', relay.url).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await again.call('edit', id);
  expect(await again.call('shown')).toBe(`${all}The tab is alone.\n`);
  const [hit] = await again.call<{ readonly uri: string }[]>('recall', 'which tab is alone?');
  expect(hit?.uri).toBe(`mnemesh://shared/prose/${id}`);
  await again.call('close');
  const others = device
    .takeProblems()
    .filter((problem) => !/^WebSocket connection to/.test(problem));
  expect(others).toEqual([]);
}, 120_000);

test('[CV] [ND] two tabs of one site type into a document at once, and the one that stays goes on', async () => {
  const device = await bench.device();
  const relay = await startRelay(await temporaryDirectory());
  const agent = await startReplica(await temporaryDirectory(), 'agent', relay.url);
  const { id } = await agent.prose.create({ title: 'Shared', text: '·' });
  await agent.acked();
  const tabs = [await device.open(bench.url), await device.open(bench.url)] as const;
  for (const tab of tabs) {
    await tab.call('open', relay.url);
    await expect
      .poll(
        () =>
          tab.call('edit', id).then(
            () => true,
            () => false,
          ),
        patient,
      )
      .toBe(true);
    await expect.poll(() => tab.call('shown'), patient).toBe('·');
  }
  const [first, second] = tabs;
  await Promise.all([first.call('type', 0, 'one '), second.call('type', 1, ' two')]);
  for (const tab of tabs) await expect.poll(() => tab.call('shown'), patient).toBe('one · two');
  // The first tab leads, and goes without a word.
  await first.close();
  await second.call('type', 0, 'again ');
  await expect.poll(async () => (await agent.prose.get(id))?.text, patient).toBe('again one · two');
  await agent.prose.append(id, ' three');
  await expect.poll(() => second.call('shown'), patient).toBe('again one · two three');
  await second.call('close');
}, 120_000);
