import {
  documentWorker,
  openSqliteRoomLog,
  openSqliteUpdateLog,
  Relay,
  type RelayLimits,
  type RoomLimits,
  Rooms,
  serveRelay,
} from '@mnemesh/relay';
import { nodeRuntime, nodeSignatures } from '@mnemesh/runtime-node';
import { EarlyUpdateLog } from './early-log.js';
import { Opener } from './flushing.js';
import type { RelayPlace } from './messages.js';
import { fail, follow, given, report } from './parent.js';

/** Documents are folded often, so that a kill also finds the relay between the steps of a compaction. */
const limits: Partial<RelayLimits> = { foldRows: 24, foldRowsAtMost: 48, foldBytes: 64 * 1024 };
const foldedOften: Partial<RoomLimits> = { foldBytes: 64 * 1024 };

async function main(): Promise<void> {
  const { directory, port, flushing, ackEarlyMs, commitRoomsLateMs } = given<RelayPlace>();
  const runtime = nodeRuntime();
  const opener = new Opener(flushing);
  const sqlite = await openSqliteUpdateLog({ directory, runtime, open: opener.open });
  const log = ackEarlyMs === undefined ? sqlite : new EarlyUpdateLog(sqlite, ackEarlyMs);
  const worker = documentWorker();
  const relay = new Relay({ log, runtime, signatures: nodeSignatures, compactor: worker, limits });
  const roomLog = await openSqliteRoomLog({ directory });
  const roomLimits =
    commitRoomsLateMs === undefined
      ? foldedOften
      : { ...foldedOften, commitDelayMs: commitRoomsLateMs };
  const rooms = new Rooms({ log: roomLog, runtime, folder: worker, limits: roomLimits });
  const server = await serveRelay({ relay, rooms, host: '127.0.0.1', port });
  follow(async ({ kind }) => {
    if (kind !== 'close') return;
    report({ kind: 'opened', synchronous: opener.synchronous() });
    await server.close();
    await roomLog.close();
    await log.close();
    process.disconnect();
  });
  report({ kind: 'listening', url: server.url });
}

main().catch(fail);
