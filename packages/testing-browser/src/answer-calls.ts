import { MnemeshError } from '@mnemesh/protocol';
import { fromWire, toWire } from './wire.js';

/** What a page does for a test, by name. */
export type PageCalls = Readonly<Record<string, (...args: never[]) => unknown>>;

/** How a call ended, for the other side. */
export type PageAnswer =
  | { readonly result: unknown }
  | {
      readonly error: { readonly code?: string; readonly message: string; readonly stack?: string };
    };

/** Calls that are under way: a browser lets go of a promise that only its debugger waits for. */
const underWay = new Set<Promise<unknown>>();

/** Called by a test's page once, when it is ready: from then on `TestPage.call` reaches these. */
export function answerCalls(calls: PageCalls): void {
  Object.assign(globalThis, {
    answerCall: (name: string, args: string): Promise<string> => {
      const answered = answer(calls, name, fromWire(args) as never[]).then(toWire);
      underWay.add(answered);
      answered.finally(() => underWay.delete(answered)).catch(() => undefined);
      return answered;
    },
  });
}

async function answer(calls: PageCalls, name: string, args: never[]): Promise<PageAnswer> {
  try {
    const call = calls[name];
    if (call === undefined) throw new Error(`This page has no "${name}".`);
    return { result: await call(...args) };
  } catch (error) {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof MnemeshError ? { code: error.code } : {};
    return { error: { ...code, message, ...(stack === undefined ? {} : { stack }) } };
  }
}
