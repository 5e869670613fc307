import { type ErrorCode, MnemeshError } from '@mnemesh/protocol';
import type { Page } from 'playwright-core';
import type { PageAnswer } from './answer-calls.js';
import { fromWire, toWire } from './wire.js';

/** One page, whose script called `answerCalls`. */
export class TestPage {
  /** For what a person would do with it. */
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** @throws what the page threw: a MnemeshError as one, with its code */
  async call<T>(name: string, ...args: readonly unknown[]): Promise<T> {
    const text = await this.page.evaluate(
      ([called, given]) =>
        (
          globalThis as unknown as { answerCall(name: string, args: string): Promise<string> }
        ).answerCall(called, given),
      [name, toWire(args)] as const,
    );
    const answer = fromWire(text) as PageAnswer;
    if (!('error' in answer)) return answer.result as T;
    const { code, message, stack } = answer.error;
    if (code !== undefined) throw new MnemeshError(code as ErrorCode, message);
    throw new Error(message, { cause: stack });
  }

  /** Ends it without asking it, as when its process is ended. */
  close(): Promise<void> {
    return this.page.close();
  }
}
