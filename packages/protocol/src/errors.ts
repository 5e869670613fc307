/** Stable codes: programs may switch on them, documents may quote them. They are never renamed. */
export type ErrorCode =
  | 'bad_frame'
  | 'bad_envelope'
  | 'bad_input'
  | 'too_large'
  | 'unknown_protocol'
  | 'wrong_mesh'
  | 'store_forked'
  | 'store_in_use'
  | 'store_failed'
  | 'store_too_new'
  | 'not_found'
  | 'already_exists'
  | 'write_once'
  | 'illegal_transition'
  | 'already_completed'
  | 'already_claimed'
  | 'not_claimed'
  | 'blocked'
  | 'dependency_cycle'
  | 'lacks_capability'
  | 'claims_in_doubt'
  | 'not_permitted'
  | 'closed'
  | 'offline'
  | 'relay_unavailable'
  | 'overloaded';

/** The one error class of Mnemesh. `message` tells the person what to do; `retryable` whether the same call may succeed later. */
export class MnemeshError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MnemeshError';
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}

/** A `MnemeshError` with this code? Narrower than `instanceof` alone. */
export function hasCode(error: unknown, code: ErrorCode): error is MnemeshError {
  return error instanceof MnemeshError && error.code === code;
}
