import type { ForgetStatus } from '../forgetting/forget-status.js';
import type { Written } from '../write.js';

/** What becomes of a part of a write: of a document's record, or of its text. */
export type Stages = Pick<Written<unknown>, 'stages'>;

/** A write that is acked and synced when all of its parts are. */
export async function together<T>(
  value: T,
  parts: readonly (Stages | Promise<Stages>)[],
): Promise<Written<T>> {
  const all = (await Promise.all(parts)).map(({ stages }) => stages);
  const every = async (done: readonly Promise<void>[]): Promise<void> => {
    await Promise.all(done);
  };
  return {
    value,
    stages: {
      acked: () => every(all.map((stages) => stages.acked())),
      synced: () => every(all.map((stages) => stages.synced())),
    },
  };
}

/** The status of a forgotten record, whose holders are done when they have scrubbed its text, too. */
export function withText(
  status: ForgetStatus,
  text: Pick<ForgetStatus, 'outstanding'>,
): ForgetStatus {
  const isLeft = (kind: string, holder: string): boolean =>
    text.outstanding.some((one) => one.kind === kind && one.holder === holder);
  const holders = status.holders.map((one) =>
    one.scrubbed && isLeft(one.kind, one.holder) ? { ...one, scrubbed: false } : one,
  );
  return { ...status, holders, outstanding: holders.filter(({ scrubbed }) => !scrubbed) };
}
