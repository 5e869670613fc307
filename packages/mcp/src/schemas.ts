import { memoryKinds, taskStates } from '@mnemesh/core';
import * as v from 'valibot';
import { mcpLimits } from './mcp-limits.js';

/** A text with what it is for, as models read it. */
export const text = (description: string) => v.pipe(v.string(), v.description(description));

export const filled = (description: string) =>
  v.pipe(v.string(), v.minLength(1), v.description(description));

export const flag = (description: string) => v.pipe(v.boolean(), v.description(description));

export const whole = (description: string, least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most), v.description(description));

export const texts = (description: string, most: number = mcpLimits.named) =>
  v.pipe(
    v.array(v.pipe(v.string(), v.minLength(1))),
    v.maxLength(most),
    v.description(description),
  );

export const memoryKind = v.pipe(
  v.picklist(memoryKinds),
  v.description('What sort of memory it is. Default: observation'),
);

export const taskState = v.picklist(taskStates);

export const memoryNamespace = v.optional(
  text('Part of the mesh to use, for example agents/NAME/memory. Default: shared/memory'),
);
export const taskNamespace = v.optional(text('Part of the mesh to use. Default: shared/tasks'));

export const maxTokens = (standard: number) =>
  whole(`Tokens the answer may take. Default: ${standard}`, 100, mcpLimits.answerTokens);
