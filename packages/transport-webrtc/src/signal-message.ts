import * as v from 'valibot';

/** Characters of a session description or a candidate; a sealed message bounds it too. */
const SDP_CHARS = 15_000;

const peer = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

const description = v.strictObject({
  type: v.picklist(['offer', 'answer']),
  sdp: v.pipe(v.string(), v.maxLength(SDP_CHARS)),
});

const candidate = v.strictObject({
  type: v.literal('candidate'),
  candidate: v.object({
    candidate: v.pipe(v.string(), v.maxLength(SDP_CHARS)),
    sdpMLineIndex: v.nullish(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255))),
    sdpMid: v.nullish(v.pipe(v.string(), v.maxLength(64))),
  }),
});

const signal = v.variant('type', [description, candidate]);

const message = v.variant('type', [
  /** The sender is there, and may be linked with. `to` asks one peer to begin. */
  v.strictObject({ type: v.literal('announce'), from: peer, to: v.optional(peer) }),
  /** A step of one attempt to connect. */
  v.strictObject({ type: v.literal('signal'), from: peer, to: peer, attempt: peer, signal }),
]);

/** A whole offer or answer, as people hand it over. */
const handed = v.strictObject({ from: peer, attempt: peer, signal: description });

export type Handed = Readonly<v.InferOutput<typeof handed>>;
export type Signal = Readonly<v.InferOutput<typeof signal>>;
export type SignalMessage = Readonly<v.InferOutput<typeof message>>;
/** Of one opening of one transport: random, and known only to the members of the mesh. */
export type PeerId = string;

/** @returns undefined for what no peer of this version says */
export function parseSignalMessage(text: string): SignalMessage | undefined {
  return parseJson(message, text);
}

/** @returns undefined for what is no offer or answer */
export function parseHanded(text: string): Handed | undefined {
  return parseJson(handed, text);
}

/** What simple-peer asks to be sent; undefined for what a data channel has no use for. */
export function parseSignal(value: unknown): Signal | undefined {
  const result = v.safeParse(signal, value);
  return result.success ? result.output : undefined;
}

function parseJson<T extends v.GenericSchema>(
  schema: T,
  text: string,
): v.InferOutput<T> | undefined {
  try {
    const result = v.safeParse(schema, JSON.parse(text));
    return result.success ? result.output : undefined;
  } catch {
    return undefined;
  }
}
