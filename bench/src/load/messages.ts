import type { ClientKind } from '../clients/client.js';

/** What a load generator is started with. */
export interface LoadPlace {
  readonly client: ClientKind;
  readonly scenario: string;
  readonly url: string;
  readonly directory: string;
}

export interface StepCall {
  readonly step: string;
  readonly input: unknown;
}

export type StepAnswer =
  | { readonly kind: 'done'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string };

/** A step of a scenario as its load generator does it. Input and output travel as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: each step has an input of its own
export type Steps = { readonly [step: string]: (input: any) => Promise<unknown> };
