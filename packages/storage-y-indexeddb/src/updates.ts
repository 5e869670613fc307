import { convertUpdateFormatV2ToV1, decodeUpdate } from 'yjs';

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
