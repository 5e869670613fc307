import type { TaskClaim } from '@mnemesh/core';
import type { ReactNode } from 'react';
import { lasting } from '../ui/moments.js';
import { useNow } from '../ui/use-now.js';

/** How long a claim still holds, and whether it would hold if another one were made apart. */
export function Lease({ claim }: { readonly claim: TaskClaim }): ReactNode {
  const now = useNow(10_000);
  const left = claim.renewedAt + claim.ttlMs - now;
  const said = left > 0 ? `${lasting(left)} left` : `lapsed ${lasting(left)} ago`;
  const advisory = claim.mode === 'advisory';
  return (
    <span
      className={left > 0 ? 'lease' : 'lease lease-lapsed'}
      title={
        advisory
          ? 'Advisory: works offline, so that under a partition somebody else may hold it, too'
          : 'Strict: granted by the relay, to nobody else'
      }
    >
      {said}
      {advisory && ' · advisory'}
    </span>
  );
}
