import { convertUpdateFormatV2ToV1, decodeUpdate, parseUpdateMeta } from 'yjs';

/** A V2 state as an update that y-indexeddb reads; undefined for bytes that are none. */
export function stateAsUpdate(state: Uint8Array): Uint8Array | undefined {
  try {
    return convertUpdateFormatV2ToV1(state);
  } catch {
    return undefined;
  }
}

/** Is it a V1 update, which a document can take in? */
export function isUpdate(bytes: unknown): bytes is Uint8Array {
  if (!(bytes instanceof Uint8Array)) return false;
  try {
    decodeUpdate(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Is it an update that leaves out the beginning of nobody's writes? A whole state is such. */
export function isState(bytes: unknown): bytes is Uint8Array {
  if (!isUpdate(bytes)) return false;
  const { from } = parseUpdateMeta(bytes);
  return from.size > 0 && [...from.values()].every((clock) => clock === 0);
}
