import { benchInBrowser, type Device, stopPage, type TestPage } from '@mnemesh/testing-browser';
import { expect, onTestFinished, test } from 'vitest';
import {
  contentsOf,
  type StartedRelay,
  startRelay,
  startReplica,
  temporaryDirectory,
} from '../integration/place.js';

const bench = benchInBrowser(new URL('mesh-page.ts', import.meta.url));

/** Links may take as long as a backoff between two attempts. */
const patient = { timeout: 30_000 };
/** What a person hardly notices, in milliseconds. */
const HAND_OVER_MS = 1_000;
/** How long a page is kept busy: less than the patience of the others. */
const BUSY_MS = 400;
/** Between two looks at how many links a relay has, in milliseconds. */
const LOOK_MS = 5;

const leads = async (page: TestPage): Promise<boolean> =>
  (await page.call<{ readonly leads: boolean }>('status')).leads;

async function openTabs(device: Device, agents: readonly string[], relay?: string) {
  const tabs: TestPage[] = [];
  for (const agent of agents) {
    const tab = await device.open(bench.url);
    await tab.call('openAs', agent, ...(relay === undefined ? [] : [relay]));
    await tab.call('watch');
    tabs.push(tab);
  }
  return tabs;
}

/** The tab that leads, and those that do not. */
async function byLead(tabs: readonly TestPage[]) {
  const leading = await Promise.all(tabs.map(leads));
  expect(leading.filter((one) => one)).toHaveLength(1);
  return {
    leader: tabs[leading.indexOf(true)] as TestPage,
    others: tabs.filter((_, n) => !leading[n]),
  };
}

/** Every tab lists these, each once, and was told of them while it asked for nothing. */
async function expectEverywhere(tabs: readonly TestPage[], contents: readonly string[]) {
  const sorted = [...contents].sort();
  for (const tab of tabs) {
    await expect.poll(() => tab.call('contents'), patient).toEqual(sorted);
    await expect.poll(() => tab.call('told'), patient).toEqual(sorted);
  }
}

/** The most links of the mesh that the relay had at any moment. */
function mostLinks({ relay }: StartedRelay): () => number {
  let most = 0;
  const timer = setInterval(() => {
    for (const { links } of relay.status().meshes) most = Math.max(most, links);
  }, LOOK_MS);
  onTestFinished(() => clearInterval(timer));
  return () => most;
}

test('[ND] [CV] [ID] three tabs edit offline; the one that leads is closed, the next stands still: each hand-over takes less than a second, and what comes to the relay comes over one link', async () => {
  const device = await bench.device();
  const place = await temporaryDirectory();
  const first = await startRelay(place);
  await first.close();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid'], first.url);
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  expect(await leads(ann)).toBe(true);

  await Promise.all(tabs.map((tab, n) => tab.call('remember', `${n} at once`)));
  const all = ['0 at once', '1 at once', '2 at once'];
  await expectEverywhere(tabs, all);

  const rest = [ben, cid];
  const sessions = await Promise.all(rest.map((tab) => tab.call('session')));
  await ann.close();
  expect(await ben.call<number>('timeToShow', 'ben goes on')).toBeLessThan(HAND_OVER_MS);
  await cid.call('remember', 'cid goes on');
  all.push('ben goes on', 'cid goes on');
  await expectEverywhere(rest, all);

  const relay = await startRelay(place, first.port);
  const most = mostLinks(relay);
  const { leader, others } = await byLead(rest);
  const [follower] = others as [TestPage];
  const node = await startReplica(await temporaryDirectory(), 'node', relay.url);
  await expect.poll(() => contentsOf(node), patient).toEqual([...all].sort());
  await node.close();
  // The reader's own link is gone with it.
  await expect.poll(() => relay.relay.status().meshes[0]?.links, patient).toBe(1);
  const mostOfTabs = mostLinks(relay);

  const stopped = await stopPage(leader);
  expect(await follower.call<number>('timeToShow', 'nobody to ask')).toBeLessThan(HAND_OVER_MS);
  expect(await leads(follower)).toBe(true);
  all.push('nobody to ask');
  stopped.resume();
  await leader.call('remember', 'woken up');
  all.push('woken up');
  await expectEverywhere(rest, all);
  expect(await leads(leader)).toBe(false);
  expect(await Promise.all(rest.map((tab) => tab.call('session')))).toEqual(sessions);

  expect(most()).toBe(2);
  expect(mostOfTabs()).toBe(1);
  const reader = await startReplica(await temporaryDirectory(), 'reader', relay.url);
  await expect.poll(() => contentsOf(reader), patient).toEqual([...all].sort());
  // The browser writes to the console whenever a socket is refused.
  const problems = device.takeProblems().filter((problem) => !/^WebSocket/.test(problem));
  expect(problems).toEqual([]);
}, 120_000);

test('[ID] [ND] what a tab that stood still does first when it goes on is done by the tab that leads now, once', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben']);
  const [ann, ben] = tabs as [TestPage, TestPage];
  await ann.call('remember', 'before');
  const stopped = await stopPage(ann);
  // These wait in its process, and run before it is told that it lost the lead.
  const asked = ['one', 'two', 'three'].map((content) => ann.call('remember', content));
  await ben.call('remember', 'meanwhile');
  stopped.resume();
  await Promise.all(asked);
  await expectEverywhere(tabs, ['before', 'meanwhile', 'one', 'two', 'three']);
  expect((await byLead(tabs)).leader).toBe(ben);
});

test('[ID] two tabs that find their leader standing still at the same moment end with one leader and one record of each write', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid']);
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  const stopped = await stopPage(ann);
  await Promise.all([ben.call('remember', 'from ben'), cid.call('remember', 'from cid')]);
  await byLead([ben, cid]);
  await expectEverywhere([ben, cid], ['from ben', 'from cid']);
  stopped.resume();
  await ann.call('remember', 'from ann');
  await expectEverywhere(tabs, ['from ben', 'from cid', 'from ann']);
  await byLead(tabs);
});

test('[ND] [ID] a tab that does not lead has its writes saved while the one that leads is busy, and each is there once', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben']);
  const [ann, ben] = tabs as [TestPage, TestPage];
  // It takes ids from the first one that it was given.
  await ben.call('remember', 'first');
  const busy = ann.call('busy', BUSY_MS);
  const took = await ben.call<number>('timeToRemember', 'while it is busy');
  expect(took).toBeLessThan(BUSY_MS / 2);
  await busy;
  await expectEverywhere(tabs, ['first', 'while it is busy']);
  await expect.poll(() => ben.call('kept')).toBe(0);
  expect((await byLead(tabs)).leader).toBe(ann);
});

test('[ND] [ID] what was saved in a tab that is gone, while nobody led, is there once some tab leads', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid']);
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  await ben.call('remember', 'first');
  const stopped = await stopPage(ann);
  const writes = ['one', 'two', 'three'];
  const saved = writes.map((content) => ben.call('remember', content));
  await Promise.all(saved);
  await ben.close();
  // On a slow machine ben came to lead before it was closed, and told nobody of what it did last.
  const all = ['first', ...writes].sort();
  await expect.poll(() => cid.call('contents'), patient).toEqual(all);
  await expect.poll(() => cid.call('kept'), patient).toBe(0);
  stopped.resume();
  await expect.poll(() => ann.call('contents'), patient).toEqual(all);
});

test('[ND] [ID] a tab that does not lead has its changes saved while the one that leads is busy, each on top of the one before', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben']);
  const [ann, ben] = tabs as [TestPage, TestPage];
  const id = await ben.call<string>('addTask', 'Paint it');
  const busy = ann.call('busy', BUSY_MS);
  expect(await ben.call<number>('timeToPrioritize', id, 3)).toBeLessThan(BUSY_MS / 2);
  expect(await ben.call('rename', id, 'Paint it blue')).toEqual({
    title: 'Paint it blue',
    priority: 3,
  });
  await busy;
  const changed = { title: 'Paint it blue', priority: 3 };
  for (const tab of tabs) {
    await expect.poll(() => tab.call('task', id), patient).toEqual(changed);
    expect(await tab.call('conflictsOf', id)).toBe(0);
  }
  await expect.poll(() => ben.call('kept')).toBe(0);
  expect((await byLead(tabs)).leader).toBe(ann);
});

test('[ND] [CF] what was changed in a tab that is gone, while nobody led, is there once some tab leads, and contradicts nothing', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid']);
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  const id = await ben.call<string>('addTask', 'Paint it');
  await ben.call('setPriority', id, 1);
  await ben.call('rememberAbout', 'paint', 'It is red.');
  const stopped = await stopPage(ann);
  const another = ben.call<string>('addTask', 'Dry it');
  await Promise.all([2, 3].map((priority) => ben.call('setPriority', id, priority)));
  await ben.call('setPriority', await another, 4);
  await ben.call('rememberAbout', 'paint', 'It is blue now.');
  await ben.close();
  await expect.poll(() => cid.call('kept'), patient).toBe(0);
  stopped.resume();
  for (const tab of [ann, cid]) {
    await expect
      .poll(() => tab.call('task', id), patient)
      .toEqual({ title: 'Paint it', priority: 3 });
    expect(await tab.call('task', await another)).toEqual({ title: 'Dry it', priority: 4 });
    expect(await tab.call('contents')).toEqual(['It is blue now.', 'It is red.']);
    expect(await tab.call('conflicts')).toBe(0);
  }
});

test('bad input is refused in a tab whose leader is busy, and nothing of it is kept', async () => {
  const device = await bench.device();
  const [ann, ben] = (await openTabs(device, ['ann', 'ben'])) as [TestPage, TestPage];
  await ben.call('remember', 'first');
  const busy = ann.call('busy', BUSY_MS);
  await expect(ben.call('remember', '')).rejects.toMatchObject({ code: 'bad_input' });
  await busy;
  await expect.poll(() => ben.call('kept')).toBe(0);
  await expectEverywhere([ann, ben], ['first']);
});

/** How the browser tells a page that it is put aside, and that it goes on: kept for the way back, or frozen. */
const waysAside = [
  {
    how: 'kept for the way back',
    aside: `dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }))`,
    back: `dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))`,
  },
  {
    how: 'frozen',
    aside: `document.dispatchEvent(new Event('freeze'))`,
    back: `document.dispatchEvent(new Event('resume'))`,
  },
] as const;

test.each(waysAside)(
  'a tab that the browser puts aside lets another lead at once, and joins in when it is taken up again ($how)',
  async ({ aside, back }) => {
    const device = await bench.device();
    const tabs = await openTabs(device, ['ann', 'ben']);
    const [ann, ben] = tabs as [TestPage, TestPage];
    await ann.page.evaluate(aside);
    await expect.poll(() => leads(ben)).toBe(true);
    await ben.call('remember', 'while it was away');
    await ann.page.evaluate(back);
    await ann.call('remember', 'back again');
    await expectEverywhere(tabs, ['while it was away', 'back again']);
    expect((await byLead(tabs)).leader).toBe(ben);
  },
);

test('[ND] a tab that is closed answers what others asked of it, and what they ask next is asked of another', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid']);
  const [ann, ben, cid] = tabs as [TestPage, TestPage, TestPage];
  const contents = Array.from({ length: 20 }, (_, n) => `write ${n}`);
  const writes = contents.map((content, n) => (n % 2 ? ben : cid).call('remember', content));
  await ann.call('close');
  await Promise.all(writes);
  await expectEverywhere([ben, cid], contents);
  await byLead([ben, cid]);
});

test('a mesh that was set offline stays so whichever tab leads, and every tab can let it back', async () => {
  const device = await bench.device();
  const relay = await startRelay(await temporaryDirectory());
  const tabs = await openTabs(device, ['ann', 'ben'], relay.url);
  const [ann, ben] = tabs as [TestPage, TestPage];
  await ben.call('setOffline', true);
  await expect.poll(() => relay.relay.status().links, patient).toBe(0);
  const most = mostLinks(relay);
  await ann.close();
  await ben.call('remember', 'written offline');
  expect(await leads(ben)).toBe(true);
  expect(await ben.call('status')).toMatchObject({ offline: true });
  expect(most()).toBe(0);
  await ben.call('setOffline', false);
  await expect.poll(() => relay.relay.status().links, patient).toBe(1);
});

test('a tab that once let the mesh back does not do so again when it is to lead', async () => {
  const device = await bench.device();
  const relay = await startRelay(await temporaryDirectory());
  const [ann, ben] = (await openTabs(device, ['ann', 'ben'], relay.url)) as [TestPage, TestPage];
  const isOffline = async (tab: TestPage) =>
    (await tab.call<{ readonly offline: boolean }>('status')).offline;
  for (const offline of [true, false]) {
    await ben.call('setOffline', offline);
    await expect.poll(() => isOffline(ann), patient).toBe(offline);
  }
  await ann.call('setOffline', true);
  await expect.poll(() => isOffline(ben), patient).toBe(true);
  await expect.poll(() => relay.relay.status().links, patient).toBe(0);
  const most = mostLinks(relay);
  await ann.close();
  await expect.poll(() => leads(ben), patient).toBe(true);
  await ben.call('remember', 'written offline');
  expect(await isOffline(ben)).toBe(true);
  expect(most()).toBe(0);
});

test('a mesh that is opened offline has no link until it is let back, and a tab that joins it is offline too', async () => {
  const device = await bench.device();
  const relay = await startRelay(await temporaryDirectory());
  const most = mostLinks(relay);
  const [ann, ben] = [await device.open(bench.url), await device.open(bench.url)];
  await ann.call('openAs', 'ann', relay.url, true);
  await ben.call('openAs', 'ben', relay.url);
  expect(await ann.call('status')).toMatchObject({ offline: true, leads: true });
  expect(await ben.call('status')).toMatchObject({ offline: true, leads: false });
  await ann.call('remember', 'written offline');
  expect(most()).toBe(0);
  await ann.call('setOffline', false);
  await expect.poll(() => relay.relay.status().links, patient).toBe(1);
});

test('every tab of a site can be closed in any order, and the last finds everything', async () => {
  const device = await bench.device();
  const tabs = await openTabs(device, ['ann', 'ben', 'cid']);
  const contents: string[] = [];
  for (const [n, tab] of tabs.entries()) {
    await tab.call('remember', `round ${n}`);
    contents.push(`round ${n}`);
    if (n < 2) await tab.close();
  }
  expect(await tabs[2]?.call('contents')).toEqual(contents);
  await tabs[2]?.call('close');
});
