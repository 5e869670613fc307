import { parentPort } from 'node:worker_threads';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { inlineCompactor } from './compaction.js';
import type { CompactionReply, CompactionRequest } from './worker-compactor.js';

const compactor = inlineCompactor(nodeSignatures);
const port = parentPort;
if (port === null) throw new Error('this module runs as a worker thread');

port.on('message', ({ id, input }: CompactionRequest) => {
  compactor.compact(input).then(
    (compaction) => answer({ id, compaction }),
    (error: unknown) =>
      answer({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

function answer(reply: CompactionReply): void {
  port?.postMessage(reply);
}
