import {
  type AgentId,
  type Causal,
  type Clock,
  compareNewestFirst,
  heads,
  isReplacedBy,
  mergeContext,
  type SessionId,
  type Version,
} from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

type Shown = Readonly<Record<string, Clock>>;

function value(session: string, clock: Clock, shown: Shown = {}, agent = 'a'): Causal {
  return {
    version: `${session}${clock}` as Version,
    agent: agent as AgentId,
    session: session as SessionId,
    clock,
    context: new Map(Object.entries(shown) as [SessionId, Clock][]),
  };
}

/** What a session writes after it was shown these values. */
function after(session: string, clock: Clock, ...shown: readonly Causal[]): Causal {
  const context = new Map<SessionId, Clock>();
  for (const one of shown) mergeContext(context, one);
  return value(session, clock, Object.fromEntries(context));
}

describe('what decides between the values of one field', () => {
  test('a value is replaced by one whose session was shown it', () => {
    const first = value('s1', 10);
    const second = after('s2', 20, first);
    expect(isReplacedBy(first, second)).toBe(true);
    expect(isReplacedBy(second, first)).toBe(false);
    expect(heads([first, second])).toEqual([second]);
  });

  test('two sessions that were not shown each other conflict, in one process too [CF]', () => {
    const first = value('s1', 10, {}, 'same agent');
    const second = value('s2', 20, {}, 'same agent');
    expect(heads([first, second])).toEqual([first, second]);
  });

  test('a session that writes twice replaces its own value', () => {
    const first = value('s1', 10);
    expect(heads([first, after('s1', 11, first)])).toHaveLength(1);
  });

  test('replacement reaches through values that are deleted already [DL]', () => {
    const first = value('s1', 10);
    const second = after('s2', 20, first);
    const third = after('s3', 30, second);
    // `second` was swept together with `first`; a late copy of `first` must not come back.
    expect(heads([first, third])).toEqual([third]);
    expect(third.context.get('s1' as SessionId)).toBe(10);
  });

  test('a later value of a session that was shown an earlier one stays in sight [CF]', () => {
    const first = value('s1', 10);
    const seen = after('s2', 30, first);
    const unseen = value('s1', 20, { s1: 10 });
    expect(heads([first, seen, unseen])).toEqual([seen, unseen]);
  });

  test('entries not below the clock of their own commit are void', () => {
    const victim = value('s1', 100);
    expect(isReplacedBy(victim, value('s2', 100, { s1: 100 }))).toBe(false);
    expect(isReplacedBy(victim, value('s2', 50, { s1: 1_000_000 }))).toBe(false);
    expect(isReplacedBy(victim, value('s2', 101, { s1: 100 }))).toBe(true);
  });

  test('void entries are not handed on', () => {
    const liar = value('s2', 50, { s1: 1_000_000, s3: 49 });
    const context = new Map<SessionId, Clock>();
    mergeContext(context, liar);
    expect(Object.fromEntries(context)).toEqual({ s2: 50, s3: 49 });
  });

  test('reconciling replaces every value it was shown [CF]', () => {
    const values = [value('s1', 10), value('s2', 11), value('s3', 12)];
    const reconciled = after('s4', 20, ...values);
    expect(heads([...values, reconciled])).toEqual([reconciled]);
  });
});

/** Sessions that write one field, each shown a random part of what exists so far. */
const histories = fc
  .array(fc.tuple(fc.nat(3), fc.uniqueArray(fc.nat(19), { maxLength: 4 })), { maxLength: 20 })
  .map((steps) => {
    const values: Causal[] = [];
    const own = new Map<string, Causal>();
    steps.forEach(([session, shown], step) => {
      const name = `s${session}`;
      const seen = shown.flatMap((i) => values[i] ?? []);
      const mine = own.get(name);
      const written = after(name, 100 + step, ...seen, ...(mine === undefined ? [] : [mine]));
      values.push(written);
      own.set(name, written);
    });
    return values;
  });

describe('over any history', () => {
  test('there is always a head, and arrival order does not matter [CV]', () => {
    fc.assert(
      fc.property(histories, fc.nat(), (values, seed) => {
        const found = heads(values);
        expect(found.length > 0).toBe(values.length > 0);
        const turned = [...values.slice(seed % 7), ...values.slice(0, seed % 7)].reverse();
        expect(new Set(heads(turned))).toEqual(new Set(found));
      }),
    );
  });

  test('sweeping what is replaced never changes the heads [DL]', () => {
    fc.assert(
      fc.property(histories, fc.nat(19), (values, late) => {
        const found = heads(values);
        const copy = values[late % Math.max(1, values.length)];
        const kept = copy === undefined ? found : [...found.filter((one) => one !== copy), copy];
        expect(new Set(heads(kept))).toEqual(new Set(found));
      }),
    );
  });

  test('newest first is a total order', () => {
    fc.assert(
      fc.property(histories, (values) => {
        const sorted = [...values].sort(compareNewestFirst);
        for (let i = 1; i < sorted.length; i++) {
          const [newer, older] = [sorted[i - 1] as Causal, sorted[i] as Causal];
          expect(compareNewestFirst(newer, older)).toBeLessThan(0);
          expect(compareNewestFirst(older, newer)).toBeGreaterThan(0);
          expect(sorted[i - 1]?.clock).toBeGreaterThanOrEqual(sorted[i]?.clock as number);
        }
      }),
    );
  });
});
