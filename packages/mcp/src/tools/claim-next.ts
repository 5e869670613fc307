import type { ClaimOptions, Mesh, Task } from '@mnemesh/core';
import { type ErrorCode, MnemeshError, type RecordId } from '@mnemesh/protocol';
import { counted } from '../answer-text.js';
import { mcpLimits } from '../mcp-limits.js';
import type { ToolSession } from '../tool-session.js';

/** Reasons that an answer gives, when nothing could be claimed. */
const REASONS = 3;

/** What keeps one task from being claimed, and perhaps not the next. Of anything else the first is the answer. */
const PASSED_OVER: ReadonlySet<ErrorCode> = new Set([
  'already_claimed',
  'already_completed',
  'bad_input',
  'blocked',
  'claims_in_doubt',
  'illegal_transition',
  'lacks_capability',
  'not_found',
  'overloaded',
  'relay_unavailable',
]);

/** What the relay says to one strict claim, it says to all: it is asked no more. */
const NO_STRICT_CLAIMS: ReadonlySet<ErrorCode> = new Set(['claims_in_doubt', 'relay_unavailable']);

interface Refused {
  readonly id: RecordId;
  readonly error: MnemeshError;
}

/**
 * Claims the most urgent ready task that can be claimed.
 * @throws MnemeshError `not_found` when nothing is ready; when all of it was refused, with the first reasons
 */
export async function claimNext(
  session: ToolSession,
  namespace: string | undefined,
  options: ClaimOptions,
): Promise<Task> {
  const [mesh, watching] = await Promise.all([session.acting(), session.watching()]);
  const tasks = mesh.tasks.in(namespace ?? mesh.tasks.namespace);
  const refused: Refused[] = [];
  let asksRelay = true;
  for (const { id, claimMode } of await readyIn(watching, tasks.namespace, options)) {
    const isStrict = (options.mode ?? claimMode) === 'strict';
    if (isStrict && !asksRelay) continue;
    try {
      return await tasks.claim(id, options);
    } catch (error) {
      if (!(error instanceof MnemeshError && PASSED_OVER.has(error.code))) throw error;
      refused.push({ id, error });
      if (isStrict && NO_STRICT_CLAIMS.has(error.code)) asksRelay = false;
    }
  }
  throw nothingClaimed(refused);
}

/** Looked through by a session that nobody is told by: only the task that is claimed is shown. */
function readyIn(mesh: Mesh, namespace: string, { capabilities }: ClaimOptions) {
  return mesh.tasks.in(namespace).ready({
    limit: mcpLimits.triedTasks,
    ...(capabilities === undefined ? {} : { capabilities }),
  });
}

function nothingClaimed(refused: readonly Refused[]): MnemeshError {
  const [first] = refused;
  if (first === undefined) {
    return new MnemeshError(
      'not_found',
      'No task is ready for you. See task_list with view blocked or stale, or create one.',
      { retryable: true },
    );
  }
  const { code } = first.error;
  const reasons = refused.slice(0, REASONS).map(({ id, error }) => `${id}: ${error.message}`);
  const more = refused.length - reasons.length;
  return new MnemeshError(
    refused.every(({ error }) => error.code === code) ? code : 'not_found',
    [
      'Tasks are ready, and none could be claimed.',
      ...reasons,
      ...(more > 0 ? [`${counted(more, 'more task')} likewise.`] : []),
    ].join(' '),
    { retryable: refused.some(({ error }) => error.retryable) },
  );
}
