import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { MnemeshError } from './errors.js';
import {
  choice,
  cutText,
  flag,
  hex,
  list,
  optional,
  type ShapeValue,
  struct,
  text,
  uint,
} from './fields.js';
import {
  type AgentId,
  parseNamespace,
  parseRecordId,
  type ReplicaId,
  type SessionId,
} from './ids.js';
import { limits } from './limits.js';

/** A message of another form is passed over, so that a later version can be understood in part. */
const FORM = 2;

const words = text(limits.presenceTextBytes, (value) => value);

/**
 * What one session tells of itself. Ages instead of times: whoever reads them has another clock.
 * Nothing in it is signed: it is as true as the link it came by.
 */
export const presenceFields = {
  agent: hex<AgentId>(32),
  session: hex<SessionId>(8),
  replica: hex<ReplicaId>(16),
  /** Rises with everything that is told of this session: the higher one counts. */
  beat: uint(),
  /** Milliseconds since its replica said so, as far as those who passed it on can know. */
  ageMs: uint(limits.presenceLastsMs),
  /** Absent: the session has left. */
  said: optional(
    struct({
      name: cutText(limits.presenceTextBytes),
      kind: choice(['agent', 'human']),
      status: optional(words),
      task: optional(
        struct({
          namespace: text(limits.namespaceChars, parseNamespace),
          record: text(limits.recordIdBytes, parseRecordId),
        }),
      ),
      persona: optional(words),
      /** How far what its replica holds had come, when this was said. */
      standing: optional(
        struct({ unsaved: uint(), unacked: uint(), awaited: uint(), synced: flag }),
      ),
      /** Milliseconds since it began, when this was said. */
      sinceMs: uint(),
    }),
  ),
} as const;

export type PresenceEntry = ShapeValue<typeof presenceFields>;

export interface PresenceMessage {
  /** The sender wants to hear who is there. */
  readonly asks: boolean;
  readonly sessions: readonly PresenceEntry[];
}

const entry = struct(presenceFields);
const body = struct({ asks: flag, sessions: list(entry, limits.presenceSessions) });

/** The content of presence frames: as many as it takes, each within its limit. @throws RangeError when an entry exceeds one */
export function encodePresence({ asks, sessions }: PresenceMessage): readonly Uint8Array[] {
  const messages: PresenceEntry[][] = [[]];
  let bytes = 0;
  for (const session of sessions) {
    const encoder = encoding.createEncoder();
    entry.write(encoder, session);
    const size = encoding.length(encoder);
    const last = messages.at(-1) as PresenceEntry[];
    const isFull =
      bytes + size > limits.presenceBytes - 8 || last.length === limits.presenceSessions;
    if (isFull) messages.push([session]);
    else last.push(session);
    bytes = isFull ? size : bytes + size;
  }
  return messages.map((some, i) => encodeMessage({ asks: asks && i === 0, sessions: some }));
}

function encodeMessage(message: PresenceMessage): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, FORM);
  body.write(encoder, message);
  return encoding.toUint8Array(encoder);
}

/** @returns undefined for a form that this version does not know @throws MnemeshError `bad_frame` */
export function decodePresence(bytes: Uint8Array): PresenceMessage | undefined {
  try {
    const decoder = decoding.createDecoder(bytes);
    if (decoding.readVarUint(decoder) !== FORM) return undefined;
    const message = body.read(decoder);
    if (decoding.hasContent(decoder)) throw new RangeError('trailing bytes');
    return message;
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new MnemeshError('bad_frame', `This is no presence: ${detail}.`, { cause });
  }
}
