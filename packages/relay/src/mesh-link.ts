import type { CloseCode, DenialReason, Namespace, ReplicaId } from '@mnemesh/protocol';
import type { DocumentState } from '@mnemesh/segment';
import type { Concerned } from './group-commit.js';
import type { DocumentName } from './update-log.js';

/** A link of this mesh, as the hub sees it. */
export interface MeshLink extends Concerned {
  /** Everything committed before has been sent or named to it; from now on it gets every push. */
  readonly live: boolean;
  /** Which opening of which replica's store it serves. */
  readonly serves: { readonly replica: ReplicaId; readonly nonce: string } | undefined;
  /** The same replica has arrived on another link. With another nonce, one of the two stores is a copy. */
  superseded(nonce: string): void;
  subscribes(namespace: Namespace): boolean;
  forward(document: DocumentName, update: Uint8Array): void;
  presence(presence: Uint8Array): void;
  signal(signal: Uint8Array): void;
  /** Some documents of the mesh are over. */
  documentsEnded(): void;
  close(code: CloseCode, reason: string): void;
}

/** What became of a push. */
export type PushVerdict =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'gap'; readonly held: DocumentState }
  | { readonly kind: 'denied'; readonly reason: DenialReason };
