import { estimateTokens, type Task, type TaskNotice } from '@mnemesh/core';
import { quoted, tokensOf, within } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import { EVIDENCE } from './memory-answer.js';
import {
  baseAnswer,
  type NoticeAnswer,
  noticeAnswer,
  type TaskAnswer,
  taskLine,
  taskTexts,
  withTexts,
} from './task-answer.js';

/** Tokens that tags, requirements and dependencies take together. */
const LIST_TOKENS = 1_500;
/** Tokens of the texts, at the least. */
const LEAST_TEXT_TOKENS = 500;

/** One task alone, with what others did to this session's tasks, as claiming and updating answer. */
export function oneTask(
  task: Task,
  notices: readonly TaskNotice[],
  nameOf: (agent: string) => string,
) {
  const told = notices.map((notice) => noticeAnswer(notice, nameOf));
  const spent = estimateTokens(JSON.stringify(told));
  return { task: wholeTaskAnswer(task, nameOf, spent), notices: told };
}

export function oneTaskText(
  head: string,
  { task, notices }: { readonly task: TaskAnswer; readonly notices: readonly NoticeAnswer[] },
): string {
  return [
    `${head}${taskLine(task)}`,
    ...notices.map(({ text }) => text),
    ...quotedTexts(task),
  ].join('\n');
}

/**
 * One task alone, its texts whole as far as an answer holds them.
 * @param spent tokens that the rest of the answer takes
 */
function wholeTaskAnswer(task: Task, nameOf: (agent: string) => string, spent: number): TaskAnswer {
  const base = baseAnswer(task, nameOf, LIST_TOKENS);
  const texts = taskTexts.flatMap((name) => task[name] ?? []).sort((a, b) => a.length - b.length);
  let left = mcpLimits.answerTokens - estimateTokens(JSON.stringify(base)) - spent;
  left = Math.max(left, LEAST_TEXT_TOKENS);
  // The shortest first: what they leave of their shares, the longer ones have.
  const whole = new Map<string, string>();
  for (const [i, text] of texts.entries()) {
    const given = within(text, Math.floor(left / (texts.length - i)));
    left -= tokensOf(given);
    whole.set(text, given.length < text.length ? `${given}…` : text);
  }
  return withTexts(task, base, (text) => whole.get(text) ?? '');
}

/** The texts of one task, quoted, and what of them was left out. */
function quotedTexts(task: TaskAnswer): readonly string[] {
  const parts = taskTexts.flatMap((name) => {
    const text = task[name];
    if (text === undefined || text === '') return [];
    const mark = task.truncated?.includes(name) ? ` (its beginning; the whole is ${task.uri})` : '';
    return [`${name}${mark}:\n${quoted(text)}`];
  });
  return parts.length === 0 ? [] : [EVIDENCE, ...parts];
}
