import { useMemo, useState, useSyncExternalStore } from 'react';
import { type Answer, notYet } from './answer.js';
import type { QuestionKind } from './live-question.js';
import { useMesh } from './mesh-provider.js';
import { sourceOf, textOf } from './question-source.js';

/** @param query undefined when nothing is asked */
export function useQuestion<Query, T>(
  kind: QuestionKind<Query, T>,
  query: Query | undefined,
): Answer<T> {
  const mesh = useMesh();
  const text = query === undefined ? undefined : textOf(query);
  const { subscribe, read } = useMemo(() => sourceOf(mesh, kind, text), [mesh, kind, text]);
  const answer = useSyncExternalStore(subscribe, read, read);

  // What this component showed last is state of React's, so that a render that is thrown away takes it along.
  const [last, setLast] = useState({ mesh, answer });
  const isNews = answer !== notYet && (answer !== last.answer || mesh !== last.mesh);
  if (isNews) setLast({ mesh, answer });
  return useMemo(() => {
    if (answer !== notYet || last.mesh !== mesh || last.answer.data === undefined) return answer;
    return { data: last.answer.data, error: undefined, isStale: true };
  }, [answer, last, mesh]);
}
