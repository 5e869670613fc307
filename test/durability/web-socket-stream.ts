import type { Syscall } from './syscalls.js';

export interface SocketMessage {
  readonly bytes: Buffer;
  /** When the call began that carried its first byte. */
  readonly moment: number;
}

const BINARY = 2;
const CONTINUATION = 0;

/** The binary messages in one direction of one WebSocket, from the calls that carried it. */
export function messagesOf(calls: readonly Syscall[]): readonly SocketMessage[] {
  const stream = Buffer.concat(calls.map(({ data }) => data));
  const messages: SocketMessage[] = [];
  let at = stream.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= stream.length) {
    const { opcode, start, length, mask } = readHeader(stream, at);
    if (opcode === CONTINUATION) throw new Error('These parsers know unfragmented messages only.');
    const bytes = Buffer.from(stream.subarray(start, start + length));
    if (bytes.length < length) break;
    if (mask !== undefined) for (let i = 0; i < length; i++) bytes[i] = xor(bytes, mask, i);
    if (opcode === BINARY) messages.push({ bytes, moment: momentAt(calls, at) });
    at = start + length;
  }
  return messages;
}

/** When the call began that carried this byte of the stream. */
function momentAt(calls: readonly Syscall[], offset: number): number {
  let end = 0;
  for (const { data, began } of calls) {
    end += data.length;
    if (offset < end) return began;
  }
  throw new RangeError(`the stream has no byte ${offset}`);
}

/** RFC 6455, section 5.2. */
function readHeader(stream: Buffer, at: number) {
  const opcode = stream.readUInt8(at) & 0x0f;
  const second = stream.readUInt8(at + 1);
  let start = at + 2;
  let length = second & 0x7f;
  if (length === 126) {
    length = stream.readUInt16BE(start);
    start += 2;
  } else if (length === 127) {
    length = Number(stream.readBigUInt64BE(start));
    start += 8;
  }
  const masked = (second & 0x80) !== 0;
  const mask = masked ? stream.subarray(start, start + 4) : undefined;
  return { opcode, start: masked ? start + 4 : start, length, mask };
}

function xor(bytes: Buffer, mask: Buffer, i: number): number {
  return (bytes[i] as number) ^ (mask[i % 4] as number);
}
