import { MnemeshError } from '@mnemesh/protocol';

/** Records of one page, where nobody says how many. */
export const DEFAULT_LIMIT = 50;
/** Records of one page: what fits into memory, and into an answer to another process. */
export const MAX_LIMIT = 10_000;

/** @throws MnemeshError `bad_input` unless it is a whole number from 1 to `most` */
export function parseLimit(limit: number | undefined, most: number = MAX_LIMIT): number {
  if (limit === undefined) return Math.min(DEFAULT_LIMIT, most);
  if (Number.isInteger(limit) && limit >= 1 && limit <= most) return limit;
  throw new MnemeshError(
    'bad_input',
    `"limit" is a whole number from 1 to ${most}, not ${String(limit)}. For more, ask page by page.`,
  );
}
