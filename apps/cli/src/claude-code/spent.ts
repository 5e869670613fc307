import type { EventInput, Json } from '@mnemesh/core';
import type { Entry } from './entry.js';

/** What an event has of its message's usage, besides the fields that every event has. */
export interface Spent {
  readonly fields: Pick<EventInput, 'tokensIn' | 'tokensOut' | 'cost'>;
  readonly extra: { readonly [name: string]: Json };
}

const NAMES = ['input', 'output', 'cacheWritten', 'cacheRead', 'cost'] as const;
type Totals = Readonly<Record<(typeof NAMES)[number], number>>;

const NOTHING: Totals = { input: 0, output: 0, cacheWritten: 0, cacheRead: 0, cost: 0 };

/**
 * Tokens and cost of messages. A message is written as several lines, each of which repeats what the
 * whole has used so far: an event gets what its line adds to the earlier ones, so that the sum is right,
 * also when the rest of the message is imported later.
 */
export class SpentByMessage {
  readonly #told = new Map<string, Totals>();

  of({ message, costUSD = 0, uuid }: Entry): Spent {
    const id = message?.id ?? uuid;
    const usage = message?.usage;
    if (id === undefined || (usage === undefined && costUSD === 0))
      return { fields: {}, extra: {} };
    const before = this.#told.get(id) ?? NOTHING;
    const now: Totals = {
      input: usage?.input_tokens ?? 0,
      output: usage?.output_tokens ?? 0,
      cacheWritten: usage?.cache_creation_input_tokens ?? 0,
      cacheRead: usage?.cache_read_input_tokens ?? 0,
      cost: costUSD,
    };
    const most = eachOf((name) => Math.max(before[name], now[name]));
    this.#told.set(id, most);
    const { input, output, cacheWritten, cacheRead, cost } = eachOf(
      (name) => most[name] - before[name],
    );
    const tokensIn = input + cacheWritten + cacheRead;
    return {
      fields: {
        ...(tokensIn === 0 ? {} : { tokensIn }),
        ...(output === 0 ? {} : { tokensOut: output }),
        ...(cost === 0 ? {} : { cost }),
      },
      extra: {
        ...(cacheWritten === 0 ? {} : { cacheWritten }),
        ...(cacheRead === 0 ? {} : { cacheRead }),
      },
    };
  }
}

function eachOf(value: (name: (typeof NAMES)[number]) => number): Totals {
  return Object.fromEntries(NAMES.map((name) => [name, value(name)])) as unknown as Totals;
}
