import type { Claim } from '../processes/messages.js';
import type { Syscall } from './syscalls.js';
import type { Promised } from './wal-history.js';

/** What a writer process called saved: it writes each such claim to this file, one line a call. */
export function savedPromises(calls: readonly Syscall[], savedFile: string): readonly Promised[] {
  return calls
    .filter(({ name, target }) => name === 'write' && target === savedFile)
    .flatMap(({ data, began }) => {
      const claim = JSON.parse(data.toString()) as Claim;
      return claim.kind === 'content' ? [{ text: markOf(claim.content), told: began }] : [];
    });
}

/** Marks end with a dot after three words; contents repeat theirs. */
export const MARK = /\w+\.\d+\.\d+\./g;

function markOf(content: string): string {
  const [mark] = content.match(MARK) ?? [];
  if (mark === undefined) throw new Error(`No mark in "${content.slice(0, 40)}".`);
  return mark;
}
