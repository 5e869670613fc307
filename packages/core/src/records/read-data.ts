import { decodeUtf8 } from 'lib0/string';
import type { Json } from '../collections/collection.js';

/** Data of a field's envelope. What is no JSON reads as null, on every replica alike. */
export function readData(data: Uint8Array): Json {
  try {
    return JSON.parse(decodeUtf8(data)) as Json;
  } catch {
    return null;
  }
}
