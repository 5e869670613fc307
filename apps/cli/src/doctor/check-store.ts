import { inspectStore, type Settings } from '@mnemesh/open-mesh';
import type { Finding } from './finding.js';

const MIB = 1024 * 1024;

export function checkStore({ data, mesh }: Settings): Finding {
  const found = inspectStore(data, mesh);
  if (found.state === 'absent')
    return { check: 'store', state: 'note', text: `none yet; it will be ${found.path}` };
  const size = `${found.path}, ${(found.bytes / MIB).toFixed(1)} MiB`;
  if (found.state === 'whole') return { check: 'store', state: 'ok', text: `${size}, whole` };
  if (found.problem === undefined) {
    return {
      check: 'store',
      state: 'warn',
      text: `${size}: ${found.damagedDocuments} segments lack rows that were damaged`,
      advice: 'what is missing is fetched from the relay or a peer when there is a path to one',
    };
  }
  return {
    check: 'store',
    state: 'bad',
    text: `${size}: ${found.problem.replace(/\s+/g, ' ')}`,
    advice:
      'end what has it open and run "mnemesh status": opening saves what is readable and keeps the old file',
  };
}
