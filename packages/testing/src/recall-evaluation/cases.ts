import type { MemoryItem, Mesh, RecallAnswer, RecallHit } from '@mnemesh/core';
import type { SeededRandom } from '../seeded-random.js';
import { attributes, decisions, identifiers, paths, services, unknownSubjects } from './words.js';

export const evaluationKinds = [
  'contradiction',
  'supersession',
  'attribution',
  'forgetting',
  'isolation',
  'abstention',
  'identifiers',
] as const;
export type EvaluationKind = (typeof evaluationKinds)[number];

/** One question: what is asked, and whether an answer is right. */
export interface EvaluationCase {
  readonly kind: EvaluationKind;
  readonly question: string;
  readonly ask: () => Promise<RecallAnswer>;
  readonly isRight: (answer: RecallAnswer) => boolean;
}

/** Sessions of the team's agents at one replica. */
export type Team = readonly [Mesh, Mesh, Mesh];

const MEMORY = 'shared/memory';
const ELSEWHERE = 'agents/other/memory';
/** An answer is right when what it must hold is among so many hits. */
const LOOKED_AT = 5;

/** Writes what one kind of cases is about, and gives the cases. */
export type CaseWriter = (team: Team, random: SeededRandom) => Promise<readonly EvaluationCase[]>;

export const caseWriters: Readonly<Record<EvaluationKind, CaseWriter>> = {
  contradiction: contradictions,
  supersession: supersessions,
  attribution: attributions,
  forgetting: forgotten,
  isolation: isolated,
  abstention: abstentions,
  identifiers: named,
};

/** Two agents, neither of whom was shown the other's item, say different things of one topic: both are returned. */
async function contradictions([ana, bo, cy]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  for (const service of services.slice(0, 6)) {
    for (const [attribute, values] of attributes) {
      const topic = `${service} ${attribute}`;
      const write = (mesh: Mesh, value: string) =>
        mesh.memory.create({ content: sentence(service, attribute, value), kind: 'fact', topic });
      const [first, second] = await Promise.all([write(ana, values[0]), write(bo, values[1])]);
      const question = `What is the ${attribute} of ${service}?`;
      cases.push({
        kind: 'contradiction',
        question,
        ask: () => cy.recall(question, { namespaces: [MEMORY], limit: LOOKED_AT }),
        isRight: ({ hits }) => holds(hits, first) && holds(hits, second),
      });
    }
  }
  return cases;
}

/** The newer item answers now, the older one as of then, and never both. */
async function supersessions([ana, bo]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  for (const service of services.slice(6, 12)) {
    for (const [attribute, values] of attributes.slice(0, 5)) {
      const old = await ana.memory.create({
        content: sentence(service, attribute, values[0]),
        kind: 'fact',
        validFrom: '2025-01-10T00:00:00Z',
      });
      const fresh = await ana.memory.create({
        content: `From June on ${service} has ${values[2]}: that is its ${attribute}.`,
        kind: 'fact',
        supersedes: [old.id],
        validFrom: '2025-06-10T00:00:00Z',
      });
      const question = `What is the ${attribute} of ${service}?`;
      const ask = (asOf?: string) => () =>
        bo.recall(question, {
          namespaces: [MEMORY],
          limit: LOOKED_AT,
          ...(asOf === undefined ? {} : { asOf }),
        });
      const only = (right: MemoryItem, wrong: MemoryItem) => (answer: RecallAnswer) =>
        holds(answer.hits, right) && !holds(answer.hits, wrong);
      cases.push({ kind: 'supersession', question, ask: ask(), isRight: only(fresh, old) });
      const then = ask('2025-03-01T00:00:00Z');
      cases.push({ kind: 'supersession', question, ask: then, isRight: only(old, fresh) });
    }
  }
  return cases;
}

/** Who decided it is told by the hit's author. */
async function attributions(team: Team, random: SeededRandom): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  for (const [n, decision] of decisions.entries()) {
    for (const service of [services[n], services[n + 3]]) {
      const who = random.pick(team);
      const item = await who.memory.create({
        content: `We decided to ${decision} in ${service}, after the review.`,
        kind: 'decision',
      });
      const question = `Who decided to ${decision} in ${service}?`;
      cases.push({
        kind: 'attribution',
        question,
        ask: () => team[0].recall(question, { namespaces: [MEMORY], limit: 3 }),
        isRight: ({ hits }) =>
          hits.some(({ id, author }) => id === item.id && author === who.agent.id),
      });
    }
  }
  return cases;
}

/** What was forgotten does not come back, not by its exact words. */
async function forgotten([ana, bo]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  for (const service of services) {
    for (const [n, secret] of ['passphrase', 'private address'].entries()) {
      const content = `The ${secret} of ${service} is quokka-${service}-${n}.`;
      const item = await ana.memory.create({ content, kind: 'fact' });
      await bo.recall(content, { limit: 3 });
      await ana.memory.forget(item.id);
      cases.push({
        kind: 'forgetting',
        question: content,
        ask: () => bo.recall(content, { limit: 20 }),
        isRight: ({ hits }) => hits.every(({ id, text }) => id !== item.id && text !== content),
      });
    }
  }
  return cases;
}

/** Nothing of another namespace is returned, and its records change no rank. */
async function isolated([ana, bo]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  const question = (service: string, n: number): string =>
    n === 0
      ? `What is the secret budget of ${service}?`
      : `Who audits ${service}, and what budget?`;
  const asked = services.flatMap((service) => [0, 1].map((n) => question(service, n)));
  const before = new Map<string, string>();
  for (const one of asked)
    before.set(one, ranks(await bo.recall(one, { namespaces: [MEMORY], limit: 20, now: 0 })));
  for (const service of services) {
    await ana.memory.in(ELSEWHERE).create({
      content: `The secret budget of ${service} is audited by nobody, says the ${service} ledger.`,
    });
  }
  for (const one of asked) {
    cases.push({
      kind: 'isolation',
      question: one,
      ask: () => bo.recall(one, { namespaces: [MEMORY], limit: 20, now: 0 }),
      isRight: (answer) =>
        answer.hits.every(({ namespace }) => namespace === MEMORY) &&
        ranks(answer) === before.get(one),
    });
  }
  return cases;
}

/** Of what nobody wrote about, recall says so; of what somebody did, it does not. */
async function abstentions([ana, bo]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  const add = (question: string, abstains: boolean): void => {
    cases.push({
      kind: 'abstention',
      question,
      ask: () => bo.recall(question, { namespaces: [MEMORY] }),
      isRight: ({ abstain }) => abstain === abstains,
    });
  };
  for (const subject of unknownSubjects) {
    add(`Do we know ${subject}?`, true);
    add(`What did the team say about ${subject}?`, true);
  }
  for (const service of services) {
    await ana.memory.create({ content: `Smoke tests of ${service} run on a spare runner.` });
    add(`Where do the smoke tests of ${service} run?`, false);
  }
  return cases;
}

/** Identifiers and paths are found whole, by a part, and by their words. */
async function named([ana, bo]: Team): Promise<readonly EvaluationCase[]> {
  const cases: EvaluationCase[] = [];
  const add = (question: string, item: MemoryItem): void => {
    cases.push({
      kind: 'identifiers',
      question,
      ask: () => bo.recall(question, { namespaces: [MEMORY], limit: 3 }),
      isRight: ({ hits }) => holds(hits, item),
    });
  };
  for (const [n, path] of paths.entries()) {
    const item = await ana.memory.create({
      content: `A race was fixed in ${path}, see change ${4100 + n}.`,
    });
    add(path, item);
    add(`what was wrong in ${path.slice(path.lastIndexOf('/') + 1)}?`, item);
    add(wordsOf(path.slice(path.lastIndexOf('/') + 1)), item);
  }
  for (const name of identifiers) {
    const item = await ana.memory.create({
      content: `Beware: ${name} blocks the event loop under load.`,
    });
    add(name, item);
    add(`is ${name.toLowerCase()} safe?`, item);
    add(`${wordsOf(name)} under load`, item);
  }
  return cases;
}

function sentence(service: string, attribute: string, value: string): string {
  return `The ${attribute} of ${service} is ${value}.`;
}

function wordsOf(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/[^A-Za-z]+/g, ' ')
    .toLowerCase();
}

function holds(hits: readonly RecallHit[], { id }: Pick<MemoryItem, 'id'>): boolean {
  return hits.some((hit) => hit.id === id);
}

function ranks({ hits }: RecallAnswer): string {
  return hits.map(({ id, score }) => `${id} ${score}`).join('\n');
}
