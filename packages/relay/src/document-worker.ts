import { parentPort } from 'node:worker_threads';
import { nodeSignatures } from '@mnemesh/runtime-node';
import { inlineCompactor } from './compaction.js';
import { inlineRoomFolder } from './rooms/room-folder.js';
import type { DocumentJob, DocumentReply, DocumentRequest } from './worker-documents.js';

const compactor = inlineCompactor(nodeSignatures);
const port = parentPort;
if (port === null) throw new Error('this module runs as a worker thread');

port.on('message', ({ id, job }: DocumentRequest) => {
  run(job).then(
    (result) => answer({ id, result }),
    (error: unknown) =>
      answer({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

function run(job: DocumentJob): Promise<unknown> {
  switch (job.kind) {
    case 'compact':
      return compactor.compact(job.input);
    case 'fold':
      return inlineRoomFolder.fold(job.updates);
    case 'structsBeyond':
      return inlineRoomFolder.structsBeyond(job.update, job.vector);
  }
}

function answer(reply: DocumentReply): void {
  port?.postMessage(reply);
}
