import type { AgentId, Namespace, RecordId } from '@mnemesh/protocol';

/** Who holds a copy of a segment, and what became of a forgotten record there. */
export interface HolderStatus {
  readonly kind: 'replica' | 'relay';
  /** A replica's id; the address by which a relay was reached. */
  readonly holder: string;
  /** Who writes on a replica, as they announced themselves. */
  readonly agents: readonly AgentId[];
  /** ISO 8601: when it was last seen; for a relay, its last receipt. Undefined: never, by what is known here. */
  readonly seenAt: string | undefined;
  /** It says that nothing of the record lies there any more. */
  readonly scrubbed: boolean;
}

/** What became of one forgotten record, by the receipts that have reached this replica. */
export interface ForgetStatus {
  readonly id: RecordId;
  readonly namespace: Namespace;
  readonly forgottenAt: string;
  readonly forgottenBy: AgentId;
  /** Every holder that is known: replicas that wrote into the mesh or gave a receipt, and relays. */
  readonly holders: readonly HolderStatus[];
  /** Those that have not said yet that nothing of it is left there. */
  readonly outstanding: readonly HolderStatus[];
}

/** Everything of a namespace below its floor is over; who has said that nothing of it lies there any more. */
export interface PurgeStatus extends Pick<ForgetStatus, 'namespace' | 'holders' | 'outstanding'> {
  readonly floor: number;
}
