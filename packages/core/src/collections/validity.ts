import { MnemeshError } from '@mnemesh/protocol';
import { momentMs } from '../records/moment.js';
import type { MemoryInput, MemoryPatch } from './memory-item.js';

/** @throws MnemeshError `bad_input` for an item that ends before it begins */
export function checkValidity({ validFrom, validTo }: MemoryInput | MemoryPatch): void {
  if (typeof validFrom !== 'string' || typeof validTo !== 'string') return;
  const [from, to] = [momentMs(validFrom), momentMs(validTo)];
  if (from === undefined || to === undefined || from < to) return;
  throw new MnemeshError('bad_input', `"validTo" (${validTo}) must be later than "validFrom".`);
}
