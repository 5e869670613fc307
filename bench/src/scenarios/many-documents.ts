import type { ManyDocumentsSteps } from './many-documents-load.js';
import { everySubject, mustConverge, type Scenario, shareOf } from './scenario.js';

const DOCUMENTS = 500;
const DEADLINE_MS = 60_000;

export const manyDocuments: Scenario = {
  name: 's2',
  title: `S2 two sessions with ${DOCUMENTS} documents connect and reach the same state`,
  subjects: everySubject,
  columns: [
    { name: 'ms', unit: 'ms', checkedAgainst: 'hocuspocus' },
    { name: 'first_session_ms', unit: 'ms' },
    { name: 'sockets', unit: '', checkedAgainst: 'itself', tolerance: 0 },
    { name: 'server_cpu', unit: 's', checkedAgainst: 'hocuspocus' },
    { name: 'rss', unit: 'MB' },
    { name: 'live', unit: 'MB' },
    { name: 'documents', unit: '' },
  ],
  async measure(run) {
    const server = await run.startServer();
    const load = run.startLoad<ManyDocumentsSteps>();
    const documents = shareOf(run.subject, DOCUMENTS);
    await load.call('prepare', documents);
    const before = server.usage;
    const { ms, firstMs, inTime, sockets } = await load.call('connect', DEADLINE_MS);
    const after = server.usage;
    mustConverge(inTime && (await load.call('converged')));
    return {
      ms,
      first_session_ms: firstMs,
      sockets,
      server_cpu: after.cpuSeconds - before.cpuSeconds,
      rss: after.rssMb,
      live: (await server.memory()).liveMb,
      documents,
    };
  },
};
