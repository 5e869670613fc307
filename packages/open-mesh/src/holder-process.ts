import { once } from 'node:events';
import { MnemeshError, parseMeshId } from '@mnemesh/protocol';
import * as v from 'valibot';
import { cappedLog } from './capped-log.js';
import { holdMesh } from './hold-mesh.js';
import { type PeerSettings, peerSettingsSchema } from './peer-settings.js';
import { holderFile } from './shared-replica.js';
import type { HolderNews } from './start-holder.js';

// The process that holds a replica for thin ones. Its first message is what `startHolder` orders.

const order = v.parse(
  v.object({
    mesh: v.string(),
    data: v.string(),
    relay: v.optional(v.string()),
    webrtc: v.optional(v.union([v.literal('none'), peerSettingsSchema])),
    embedding: v.optional(v.object({ url: v.string(), model: v.string() })),
    idleMs: v.optional(v.number()),
  }),
  (await once(process, 'message'))[0],
);
const { mesh, data, relay, embedding, idleMs } = order;
const webrtc = order.webrtc as PeerSettings | 'none' | undefined;
process.title = `mnemesh hold ${mesh}`;
const log = cappedLog({ path: holderFile(data, mesh, 'log'), now: () => Date.now() });

/** Whoever started this process may be gone by now. */
function tell(news: HolderNews): void {
  if (!process.connected) return;
  process.send?.(news, () => process.disconnect());
}

try {
  const held = await holdMesh(
    {
      mesh: parseMeshId(mesh),
      data,
      relay,
      ...(webrtc === undefined ? {} : { webrtc }),
      ...(embedding === undefined ? {} : { embedding }),
    },
    { log, ...(idleMs === undefined ? {} : { idleMs }) },
  );
  process.on('SIGTERM', () => void held.close().catch(() => undefined));
  process.on('SIGINT', () => void held.close().catch(() => undefined));
  tell({ state: 'holding' });
  // Guests and their server do not keep a process alive.
  const alive = setInterval(() => undefined, 2 ** 30);
  await held.ended;
  clearInterval(alive);
} catch (error) {
  const { code, message, retryable } =
    error instanceof MnemeshError
      ? error
      : { code: 'internal', message: String(error), retryable: false };
  log(code === 'store_in_use' ? 'info' : 'error', message, { code });
  tell({ state: 'failed', code, message, retryable });
  if (code !== 'store_in_use') process.exitCode = 1;
}
