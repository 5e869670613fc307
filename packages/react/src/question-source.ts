import type { Mesh } from '@mnemesh/core';
import { type Answer, notAsked, notYet } from './answer.js';
import { LiveQuestion, type QuestionKind } from './live-question.js';

/** What `useSyncExternalStore` subscribes to. Making or reading one starts nothing. */
export interface QuestionSource<T> {
  readonly subscribe: (listener: () => void) => () => void;
  readonly read: () => Answer<T>;
}

/** Questions of each mesh that somebody on a page wants answered, so that equal ones are asked once and agree. */
const wanted = new WeakMap<Mesh, Map<string, LiveQuestion<unknown, unknown>>>();

const silent: QuestionSource<never> = { subscribe: () => () => undefined, read: () => notAsked };

/** Text that is equal for equal queries, in whatever order their properties were written. */
export function textOf(query: unknown): string {
  return JSON.stringify(query, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

/** @param text of a query, from `textOf`; undefined when nothing is asked */
export function sourceOf<Query, T>(
  mesh: Mesh,
  kind: QuestionKind<Query, T>,
  text: string | undefined,
): QuestionSource<T> {
  if (text === undefined) return silent;
  const key = `${kind.name} ${text}`;
  const find = (): LiveQuestion<Query, T> | undefined =>
    wanted.get(mesh)?.get(key) as LiveQuestion<Query, T> | undefined;
  return {
    read: () => find()?.answer ?? notYet,
    subscribe: (listener) => {
      const question =
        find() ?? begin(mesh, key, new LiveQuestion<Query, T>(mesh, kind, JSON.parse(text)));
      const remove = question.add(listener);
      return () => {
        remove();
        // React ends all effects of a change before it starts new ones: whoever wants the same again does so by then.
        queueMicrotask(() => {
          if (!question.isWanted && find() === question) end(mesh, key, question);
        });
      };
    },
  };
}

function begin<Query, T>(
  mesh: Mesh,
  key: string,
  question: LiveQuestion<Query, T>,
): LiveQuestion<Query, T> {
  const questions = wanted.get(mesh) ?? new Map();
  wanted.set(mesh, questions.set(key, question));
  question.begin();
  return question;
}

function end(mesh: Mesh, key: string, question: { end(): void }): void {
  wanted.get(mesh)?.delete(key);
  question.end();
}
