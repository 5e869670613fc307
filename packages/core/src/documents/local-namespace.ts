import type { Namespace } from '@mnemesh/protocol';

/** Namespaces under `local` never leave the device: no directory lists them and no link carries them. */
export function isLocalNamespace(namespace: Namespace): boolean {
  return namespace === 'local' || namespace.startsWith('local/');
}
