// Preloaded into every server, stock or ours: answers what it holds after a full collection.
import type { MemoryAnswer } from './memory-answer.js';

const MEGABYTE = 1024 * 1024;
/** Collections until weak references and finalizers have settled. */
const COLLECTIONS = 3;

async function answer(): Promise<void> {
  for (let n = 0; n < COLLECTIONS; n++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  const active = process.getActiveResourcesInfo();
  const count = (name: string): number => active.filter((resource) => resource === name).length;
  const reply: MemoryAnswer = {
    liveMb: (heapUsed + external) / MEGABYTE,
    timers: count('Timeout'),
    sockets: count('TCPSocketWrap'),
  };
  process.send?.(reply);
}

process.on('message', () => void answer());
// A server must end as it would without the probe, and must not outlive the bench.
process.channel?.unref();
process.on('disconnect', () => process.exit());
