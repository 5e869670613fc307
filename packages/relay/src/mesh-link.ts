import type { CloseCode, DenialReason, Namespace } from '@mnemesh/protocol';
import type { DocumentState } from '@mnemesh/segment';
import type { Concerned } from './group-commit.js';
import type { DocumentName } from './update-log.js';

/** A link of this mesh, as the hub sees it. */
export interface MeshLink extends Concerned {
  /** Everything committed before has been sent or named to it; from now on it gets every push. */
  readonly live: boolean;
  subscribes(namespace: Namespace): boolean;
  forward(document: DocumentName, update: Uint8Array): void;
  presence(presence: Uint8Array): void;
  close(code: CloseCode, reason: string): void;
}

/** What became of a push. */
export type PushVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'gap'; readonly held: DocumentState }
  | { readonly kind: 'denied'; readonly reason: DenialReason };
