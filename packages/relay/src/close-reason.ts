/** Bytes of a WebSocket close reason. */
const CLOSE_REASON_BYTES = 123;

export function shortenReason(reason: string): string {
  let text = reason;
  while (Buffer.byteLength(text) > CLOSE_REASON_BYTES) text = text.slice(0, -1);
  return text;
}
