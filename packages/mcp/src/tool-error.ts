import { MnemeshError } from '@mnemesh/protocol';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';

/** Where an error's code is found by programs. Its text is for the model. */
export const ERROR_META = 'mnemesh/error';

/** A failure as the answer of a tool: a model can act on it, and the session goes on. */
export function toolError(error: unknown): CallToolResult {
  const { code, message, retryable } = errorParts(error);
  const advice = retryable ? ' The same call may succeed later.' : '';
  return {
    isError: true,
    content: [{ type: 'text', text: `${code}: ${message}${advice}` }],
    _meta: { [ERROR_META]: { code, message, retryable } },
  };
}

export interface ErrorParts {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export function errorParts(error: unknown): ErrorParts {
  if (error instanceof MnemeshError) {
    const { code, message, retryable } = error;
    return { code, message, retryable };
  }
  return {
    code: 'internal',
    message: `This is a defect of Mnemesh, please report it: ${error instanceof Error ? error.message : String(error)}`,
    retryable: false,
  };
}
