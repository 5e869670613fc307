import type { RecallAnswer, RecallOptions } from '@mnemesh/core';
import type { Answer } from './answer.js';
import type { QuestionKind } from './live-question.js';
import { useQuestion } from './use-question.js';

/** Milliseconds without a further key after which a question counts as typed. */
const TYPING_MS = 120;

export interface UseRecallOptions extends RecallOptions {
  /** How long a question must stand before it is asked. Default 120; 0 asks at once. */
  readonly debounceMs?: number;
}

interface RecallQuestion {
  readonly query: string;
  readonly options: UseRecallOptions;
}

const recall: QuestionKind<RecallQuestion, RecallAnswer> = {
  name: 'recall',
  ask: (mesh, { query, options: { debounceMs: _, ...options } }) => mesh.recall(query, options),
  delayMs: ({ options: { debounceMs = TYPING_MS } }) => debounceMs,
};

/**
 * Recalls as one types. Nothing is asked while `query` is blank. An answer is of the moment it was asked for:
 * a change of the query or of an option, `now` for example, asks anew.
 */
export function useRecall(query: string, options: UseRecallOptions = {}): Answer<RecallAnswer> {
  return useQuestion(recall, query.trim() === '' ? undefined : { query, options });
}
