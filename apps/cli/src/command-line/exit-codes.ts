import { type ErrorCode, MnemeshError } from '@mnemesh/protocol';

/** What the process exits with. Scripts may rely on them; `mnemesh --help` lists them. */
export const exitCodes = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  storeInUse: 4,
  relayUnavailable: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeMeanings: readonly (readonly [ExitCode, string])[] = [
  [exitCodes.ok, 'done'],
  [exitCodes.failure, 'it failed, or a part of it did'],
  [exitCodes.usage, 'the call or its input is not right'],
  [exitCodes.notFound, 'there is no such record'],
  [exitCodes.storeInUse, 'another process has the store, and lets nobody in'],
  [exitCodes.relayUnavailable, 'the relay was not reached, and --acked asked for it'],
];

const BY_ERROR: Partial<Record<ErrorCode, ExitCode>> = {
  bad_input: exitCodes.usage,
  not_found: exitCodes.notFound,
  store_in_use: exitCodes.storeInUse,
  offline: exitCodes.relayUnavailable,
  relay_unavailable: exitCodes.relayUnavailable,
};

export function exitCodeOf(error: unknown): ExitCode {
  const code = error instanceof MnemeshError ? BY_ERROR[error.code] : undefined;
  return code ?? exitCodes.failure;
}
