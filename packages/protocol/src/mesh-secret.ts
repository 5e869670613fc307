import { toBase64UrlEncoded } from 'lib0/buffer';
import type { Runtime } from './runtime.js';

/** What the members of a mesh share to find each other, and nobody can guess: 256 bits. */
export function newMeshSecret(runtime: Pick<Runtime, 'randomBytes'>): string {
  return toBase64UrlEncoded(runtime.randomBytes(32));
}
