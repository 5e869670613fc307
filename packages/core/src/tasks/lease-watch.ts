import type { RecordId } from '@mnemesh/protocol';
import type { TaskClaim } from './claims.js';

/**
 * Milliseconds by which clocks of two devices may differ without anybody losing a claim. Who
 * has not watched a lease for its whole length waits this much longer than it says.
 */
export const CLOCK_ERROR_MS = 5 * 60_000;

/** Leases watched at a time. One that falls out is seen anew, which only makes it last longer here. */
const WATCHED_LEASES = 100_000;

interface Seen {
  readonly key: string;
  readonly renewedAt: number;
  /** By this device's clock. */
  readonly at: number;
  /** It came while this replica was running, so its whole length is watched. */
  readonly arrived: boolean;
}

/**
 * Tells when a lease has lapsed, however wrong the holder's clock or this one is: it was watched for
 * its whole length, on this device's own clock, and not renewed (what Kubernetes' leader election
 * does); or it was there before this replica was opened, and is over by more than clocks may differ.
 */
export class LeaseWatch {
  readonly #now: () => number;
  readonly #seen = new Map<RecordId, Seen>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** This is the task's claim now. @param arrived it has just changed */
  see(id: RecordId, claim: TaskClaim | undefined, arrived: boolean): void {
    if (claim === undefined) {
      this.#seen.delete(id);
      return;
    }
    const seen = this.#seen.get(id);
    if (seen?.key === claim.key && seen.renewedAt === claim.renewedAt) return;
    this.#seen.delete(id);
    const { key, renewedAt } = claim;
    this.#seen.set(id, { key, renewedAt, at: this.#now(), arrived });
    if (this.#seen.size <= WATCHED_LEASES) return;
    for (const oldest of this.#seen.keys()) {
      this.#seen.delete(oldest);
      return;
    }
  }

  isLapsed(id: RecordId, claim: TaskClaim): boolean {
    this.see(id, claim, false);
    const now = this.#now();
    const { at, arrived } = this.#seen.get(id) as Seen;
    if (now - at >= claim.ttlMs) return true;
    return !arrived && now >= claim.renewedAt + claim.ttlMs + CLOCK_ERROR_MS;
  }
}
