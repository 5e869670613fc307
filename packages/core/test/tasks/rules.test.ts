import type { AgentId, Clock, RecordId, SessionId } from '@mnemesh/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  claimKey,
  compareClaims,
  firstClaim,
  holderOf,
  type TaskClaim,
} from '../../src/tasks/claims.js';
import { acceptedOf, type Completion } from '../../src/tasks/completions.js';
import { cyclesOf, pathBetween, type TaskEdge } from '../../src/tasks/cycles.js';
import { SortedTasks, type TaskOrder } from '../../src/tasks/sorted-tasks.js';
import { agents, causals, clocks, sessions } from '../causal-arbitraries.js';

const claims: fc.Arbitrary<TaskClaim> = fc
  .record({
    agent: agents,
    session: sessions,
    epoch: fc.integer({ min: 1, max: 3 }),
    clock: clocks,
    released: fc.boolean(),
    ttlMs: fc.constant(1_000),
    renewedAt: fc.constant(0),
    mode: fc.constant('advisory' as const),
  })
  .map((claim) => ({ ...claim, key: claimKey(claim.epoch, claim.session) }));

const completions: fc.Arbitrary<Completion> = fc.record({
  causal: causals,
  claim: fc.option(fc.record({ epoch: fc.integer({ min: 1, max: 3 }), clock: clocks }), {
    nil: undefined,
  }),
  result: fc.constant(undefined),
});

/** Of one task: a key names one claim in it, since its session signs its clocks one after the other. */
const claimSets = fc.uniqueArray(claims, { maxLength: 8, selector: ({ key }) => key });

/** A set, and the same in another order. */
function shuffled<T>(sets: fc.Arbitrary<T[]>) {
  return sets.chain((items) =>
    fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length })),
  );
}

describe('the holder of a task', () => {
  test('is the same in whatever order its claims arrive [TC]', () => {
    fc.assert(
      fc.property(shuffled(claimSets), ([all, other]) => {
        const holder = holderOf(all);
        const same = holderOf(other);
        expect(same === undefined).toBe(holder === undefined);
        if (holder !== undefined && same !== undefined)
          expect([compareClaims(holder, same), same.key]).toEqual([0, holder.key]);
      }),
    );
  });

  test('has the highest epoch, then the earliest clock, then the lowest agent', () => {
    fc.assert(
      fc.property(fc.array(claims, { minLength: 1, maxLength: 8 }), (all) => {
        const first = firstClaim(all) as TaskClaim;
        const epoch = Math.max(...all.map((claim) => claim.epoch));
        const ofEpoch = all.filter((claim) => claim.epoch === epoch);
        const clock = Math.min(...ofEpoch.map((claim) => claim.clock));
        const [agent] = ofEpoch
          .filter((claim) => claim.clock === clock)
          .map((claim) => claim.agent)
          .sort();
        expect(first).toMatchObject({ epoch, clock, agent });
      }),
    );
  });

  test('does not change by the passing of time, nor back to a claim that was outranked', () => {
    fc.assert(
      fc.property(fc.array(claims, { minLength: 1, maxLength: 8 }), (all) => {
        const first = firstClaim(all);
        const released = all.map((claim) =>
          claim === first ? { ...claim, released: true } : claim,
        );
        expect(holderOf(released)).toBeUndefined();
        expect(holderOf(all.map((claim) => ({ ...claim, renewedAt: -1e9 })))?.key).toBe(
          holderOf(all)?.key,
        );
      }),
    );
  });
});

describe('the accepted completion', () => {
  test('is one, and the same in whatever order they arrive [TC]', () => {
    fc.assert(
      fc.property(shuffled(fc.array(completions, { maxLength: 8 })), ([all, other]) => {
        expect(acceptedOf(other)?.causal.version).toBe(acceptedOf(all)?.causal.version);
        expect(acceptedOf(all) === undefined).toBe(all.length === 0);
      }),
    );
  });

  test('is the only one there is, whatever its claim', () => {
    fc.assert(
      fc.property(completions, (one) => {
        expect(acceptedOf([one])).toBe(one);
      }),
    );
  });

  test('stays accepted when one arrives whose author had been shown it [TC]', () => {
    fc.assert(
      fc.property(
        fc.array(completions, { minLength: 1, maxLength: 6 }),
        completions,
        (all, later) => {
          const seen = new Map<SessionId, Clock>();
          for (const { causal } of all) seen.set(causal.session, 6);
          const causal = {
            ...later.causal,
            session: '9'.repeat(16) as SessionId,
            clock: 7,
            context: seen,
          };
          const strong = { ...later, causal, claim: { epoch: 9, clock: 0 } };
          const plain = all.map((one) => ({
            ...one,
            causal: { ...one.causal, context: new Map() },
          }));
          expect(acceptedOf([...plain, strong])).toBe(acceptedOf(plain));
        },
      ),
    );
  });

  test('among concurrent ones is that whose claim ranks first', () => {
    fc.assert(
      fc.property(fc.array(completions, { minLength: 1, maxLength: 6 }), (all) => {
        const apart = all.map((one) => ({ ...one, causal: { ...one.causal, context: new Map() } }));
        const accepted = acceptedOf(apart) as Completion;
        const rank = ({ claim, causal }: Completion) => ({
          epoch: claim?.epoch ?? 0,
          clock: claim?.clock ?? causal.clock,
          agent: causal.agent,
        });
        for (const one of apart)
          expect(compareClaims(rank(accepted), rank(one))).toBeLessThanOrEqual(0);
      }),
    );
  });
});

const ids = fc.integer({ min: 1, max: 6 }).map((n) => `1.${n}` as RecordId);
const edges: fc.Arbitrary<TaskEdge> = fc.record({
  from: ids,
  to: ids,
  clock: clocks,
  agent: agents as fc.Arbitrary<AgentId>,
});
const edgeSets = fc.uniqueArray(edges, {
  maxLength: 14,
  selector: ({ from, to }) => `${from} ${to}`,
});

describe('cycles', () => {
  const next = (counted: readonly TaskEdge[]) => (id: RecordId) =>
    counted.filter(({ from }) => from === id).map(({ to }) => to);
  const nameOf = ({ from, to }: TaskEdge): string => `${from} ${to}`;

  test('are broken alike in whatever order the dependencies arrive [CV]', () => {
    const sets = edgeSets.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(sets, ([all, other]) => {
        const names = (list: readonly TaskEdge[]) =>
          cyclesOf(list).map(({ ignored }) => nameOf(ignored));
        expect(names(other).sort()).toEqual(names(all).sort());
      }),
    );
  });

  test('leave nothing that waits for itself, and ignore no dependency without need', () => {
    fc.assert(
      fc.property(edgeSets, (all) => {
        const ignored = cyclesOf(all).map((cycle) => cycle.ignored);
        const counted = all.filter((edge) => !ignored.includes(edge));
        for (const { from, to } of counted)
          expect(pathBetween(to, from, next(counted))).toBeUndefined();
        for (const edge of ignored)
          expect(pathBetween(edge.to, edge.from, next(counted))).toBeDefined();
      }),
    );
  });

  test('ignore the dependency that was added last', () => {
    fc.assert(
      fc.property(edgeSets, (all) => {
        for (const { tasks, ignored } of cyclesOf(all)) {
          const ring = tasks.map((from, i) => ({ from, to: tasks[(i + 1) % tasks.length] }));
          const named = ring.map(({ from, to }) => all.find((e) => e.from === from && e.to === to));
          for (const edge of named) expect(edge?.clock).toBeLessThanOrEqual(ignored.clock);
        }
      }),
    );
  });

  test('of a chain as long as there are tasks are found without a stack as deep', () => {
    const length = 20_000;
    const ring = Array.from({ length }, (_, n) => ({
      from: `1.${n}` as RecordId,
      to: `1.${(n + 1) % length}` as RecordId,
      clock: n,
      agent: '' as AgentId,
    }));
    expect(cyclesOf(ring.slice(0, -1))).toEqual([]);
    expect(cyclesOf(ring).map(({ ignored }) => ignored.clock)).toEqual([length - 1]);
  });
});

test('sorted tasks stay in order through any additions and removals', () => {
  const orders: fc.Arbitrary<TaskOrder> = fc.record({
    id: ids,
    priority: fc.option(fc.nat(2), { nil: undefined }),
    created: clocks,
  });
  const steps = fc.array(
    fc.oneof(
      orders.map((order) => ({ add: order })),
      ids.map((id) => ({ remove: id })),
      fc.constant({ look: true }),
    ),
    { maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const sorted = new SortedTasks();
      const plain = new Map<RecordId, TaskOrder>();
      const expected = () =>
        [...plain.values()]
          .sort(
            (a, b) =>
              (a.priority ?? 10) - (b.priority ?? 10) ||
              a.created - b.created ||
              (a.id < b.id ? -1 : 1),
          )
          .map(({ id }) => id);
      for (const step of all) {
        if ('add' in step) {
          sorted.add(step.add);
          plain.set(step.add.id, step.add);
        } else if ('remove' in step) {
          sorted.delete(step.remove);
          plain.delete(step.remove);
        } else expect([...sorted.ids()]).toEqual(expected());
      }
      expect([...sorted.ids()]).toEqual(expected());
    }),
  );
});
