import {
  openSqliteUpdateLog,
  Relay,
  type RelayLimits,
  serveRelay,
  workerCompactor,
} from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { EarlyUpdateLog } from './early-log.js';
import { Opener } from './flushing.js';
import type { RelayPlace } from './messages.js';
import { fail, follow, given, report } from './parent.js';

/** Documents are folded often, so that a kill also finds the relay between the steps of a compaction. */
const limits: Partial<RelayLimits> = { foldRows: 24, foldRowsAtMost: 48, foldBytes: 64 * 1024 };

async function main(): Promise<void> {
  const { directory, port, flushing, ackEarlyMs } = given<RelayPlace>();
  const runtime = nodeRuntime();
  const opener = new Opener(flushing);
  const sqlite = await openSqliteUpdateLog({ directory, runtime, open: opener.open });
  const log = ackEarlyMs === undefined ? sqlite : new EarlyUpdateLog(sqlite, ackEarlyMs);
  const relay = new Relay({
    log,
    runtime,
    signatures: nodeSignatures,
    compactor: workerCompactor(),
    limits,
  });
  const server = await serveRelay({ relay, host: '127.0.0.1', port });
  follow(async ({ kind }) => {
    if (kind !== 'close') return;
    report({ kind: 'opened', synchronous: opener.synchronous() });
    await server.close();
    await log.close();
    process.disconnect();
  });
  report({ kind: 'listening', url: server.url });
}

main().catch(fail);
