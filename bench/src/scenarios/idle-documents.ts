import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerProcess } from '../subjects/server-process.js';
import type { IdleDocumentsSteps, Touched } from './idle-documents-load.js';
import { everySubject, type Run, type Scenario, shareOf } from './scenario.js';

const DOCUMENTS = 2_000;
/** Milliseconds between the last client's leaving and the look at what is left. */
const IDLE_MS = 12_000;
const LOOKED_AT = 20;
const FOUND_MS = 5_000;

export const idleDocuments: Scenario = {
  name: 's5',
  title: `S5 ${DOCUMENTS.toLocaleString('en-US')} documents touched once; ${IDLE_MS / 1000} s after all clients left`,
  subjects: everySubject,
  columns: [
    { name: 'live_per_document', unit: 'kB', checkedAgainst: 'itself' },
    { name: 'live', unit: 'MB' },
    { name: 'extra_rss', unit: 'MB', checkedAgainst: 'itself' },
    { name: 'extra_rss_connected', unit: 'MB' },
    { name: 'timers_per_document', unit: '', checkedAgainst: 'itself' },
    { name: 'sockets', unit: '', checkedAgainst: 'itself', tolerance: 0 },
    { name: 'touch_ms', unit: 'ms' },
    { name: 'later_found', unit: `of ${LOOKED_AT}` },
    { name: 'documents', unit: '' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const documents = shareOf(run.subject, DOCUMENTS);
    const emptyRss = server.usage.rssMb;
    const { touchMs, connectedRss } = await touch(
      run,
      { group: 'first', count: documents },
      server,
    );
    await sleep(IDLE_MS);
    const first = await server.memory();
    const idleRss = server.usage.rssMb;
    // As many others: what a server allocates once, or pools for so many sockets, does not grow again.
    await touch(run, { group: 'second', count: documents }, server);
    await sleep(IDLE_MS);
    const second = await server.memory();
    const reader = run.startLoad<IdleDocumentsSteps>();
    const every = Math.floor(documents / LOOKED_AT);
    const found = await reader.call('found', {
      group: 'first',
      documents: Array.from({ length: LOOKED_AT }, (_, n) => n * every),
      deadlineMs: FOUND_MS,
    });
    return {
      live_per_document: ((second.liveMb - first.liveMb) * 1024) / documents,
      live: first.liveMb,
      extra_rss: idleRss - emptyRss,
      extra_rss_connected: connectedRss - emptyRss,
      timers_per_document: (second.timers - first.timers) / documents,
      sockets: second.sockets,
      touch_ms: touchMs,
      later_found: found,
      documents,
    };
  },
};

/** All documents of a group are touched by one client, which then leaves for good. */
async function touch(run: Run, touched: Touched, server: ServerProcess) {
  const load = run.startLoad<IdleDocumentsSteps>();
  const touchMs = await load.call('touch', touched);
  const connectedRss = server.usage.rssMb;
  await load.call('leave');
  await load.end();
  return { touchMs, connectedRss };
}
