import * as decoding from 'lib0/decoding';

/** Number of the hello frame in every version of the protocol. */
const HELLO = 1;

/** The protocol version that a hello of any version announces, or undefined when the bytes are none. */
export function announcedProtocol(bytes: Uint8Array): number | undefined {
  try {
    const decoder = decoding.createDecoder(bytes);
    return decoding.readVarUint(decoder) === HELLO ? decoding.readVarUint(decoder) : undefined;
  } catch {
    return undefined;
  }
}
