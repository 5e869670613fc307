import type { AgentId, Namespace, RecordId, SessionId, Version } from '@mnemesh/protocol';
import type { VerifiedEnvelope } from '@mnemesh/segment';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contradictionOf, type TopicHead } from '../src/conflicts/topic-heads.js';
import type { StoredRecord } from '../src/index.js';
import type { StoredView } from '../src/records/projection.js';
import {
  contradicting,
  showTopics,
  type TopicalView,
  topicalView,
  topicContext,
} from '../src/records/topics.js';
import { Session } from '../src/session.js';

const NAMESPACE = 'shared/memory' as Namespace;
const TOPIC = 'a topic';

type Step =
  | { readonly does: 'write'; readonly session: number; readonly supersedes: readonly number[] }
  | { readonly does: 'read'; readonly session: number; readonly item: number };

const SESSIONS = 4;
const sessions = fc.nat({ max: SESSIONS - 1 });
const anyItem = fc.nat({ max: 30 });
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        does: fc.constant('write' as const),
        session: sessions,
        supersedes: fc.array(anyItem, { maxLength: 2 }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        does: fc.constant('read' as const),
        session: sessions,
        item: anyItem,
      }),
    },
  ),
  { maxLength: 40 },
);

/** An item, and what a reader of the history says that its writer had seen: every item read, and all behind it. */
interface Item {
  readonly view: TopicalView;
  readonly seen: ReadonlySet<number>;
  readonly supersedes: readonly number[];
}

/** Acts a history out with the product's sessions, whose clocks are an hour apart, beside plain sets. */
function actOut(history: readonly Step[]): readonly Item[] {
  const own = Array.from({ length: SESSIONS }, (_, n) => {
    const id = `${n}`.repeat(16) as SessionId;
    const agent = { id: `${n}`.repeat(64) as AgentId, name: `${n}`, seed: new Uint8Array(32) };
    return new Session(id, id as never, agent, () => n * 3_600_000);
  });
  const seen = own.map(() => new Set<number>());
  const items: Item[] = [];
  for (const step of history) {
    const session = own[step.session] as Session;
    const known = seen[step.session] as Set<number>;
    if (step.does === 'read') {
      const item = items[step.item];
      if (item === undefined) continue;
      showTopics(session, NAMESPACE, [TOPIC], item.view);
      for (const one of [step.item, ...item.seen]) known.add(one);
      continue;
    }
    const context = topicContext(session, NAMESPACE, [TOPIC]);
    const number = items.length;
    const view = topicalView({
      version: number.toString(16).padStart(64, '0') as Version,
      agent: session.agent.id,
      session: session.id,
      clock: session.tick(),
      context,
    } as VerifiedEnvelope);
    showTopics(session, NAMESPACE, [TOPIC], view);
    const supersedes = step.supersedes.filter((one) => one < number);
    items.push({ view, seen: new Set(known), supersedes });
    known.add(number);
  }
  return items;
}

function headsOf(items: readonly Item[]): readonly number[] {
  const superseded = new Set(items.flatMap(({ supersedes }) => supersedes));
  return items.map((_, number) => number).filter((number) => !superseded.has(number));
}

test('two heads contradict each other just when neither writer had seen the other, whatever the clocks said [CF]', () => {
  fc.assert(
    fc.property(steps, (history) => {
      const items = actOut(history);
      const heads = headsOf(items);
      const item = (number: number): Item => items[number] as Item;
      const expected = heads.filter((one) =>
        heads.some(
          (other) => other !== one && !item(one).seen.has(other) && !item(other).seen.has(one),
        ),
      );
      const found = contradicting(heads.map((number) => item(number).view));
      expect(found).toEqual(expected.map((number) => item(number).view));
    }),
    { numRuns: 400 },
  );
});

test('what contradicts what, and its id, do not depend on the order in which items came [CV] [ID]', () => {
  const shuffled = steps.chain((history) => {
    const items = actOut(history);
    const heads = headsOf(items).map((number): TopicHead => {
      const view = items[number]?.view as TopicalView;
      const fields = { content: `item ${number % 3}` };
      return {
        ...view,
        id: `1.${number}` as RecordId,
        record: {} as StoredRecord,
        view: { fields } as unknown as StoredView,
      };
    });
    const all = { minLength: heads.length, maxLength: heads.length };
    return fc.tuple(fc.constant(heads), fc.shuffledSubarray(heads, all));
  });
  fc.assert(
    fc.property(shuffled, ([one, other]) => {
      const first = contradictionOf(NAMESPACE, TOPIC, one);
      const second = contradictionOf(NAMESPACE, TOPIC, other);
      expect(second?.id).toBe(first?.id);
      expect(new Set(second?.heads)).toEqual(new Set(first?.heads));
    }),
    { numRuns: 300 },
  );
});
