import * as v from 'valibot';
import type { SignalingLimits } from './signaling-limits.js';

export type SignalingMessage =
  | { readonly type: 'subscribe' | 'unsubscribe'; readonly topics: readonly string[] }
  /** `text` is the message whole, as JSON: what else it says is the clients' affair. */
  | { readonly type: 'publish'; readonly topic: string; readonly text: string }
  | { readonly type: 'ping' };

const kinds = v.variant('type', [
  v.object({
    type: v.picklist(['subscribe', 'unsubscribe']),
    topics: v.pipe(v.array(v.string()), v.maxLength(1_000)),
  }),
  v.looseObject({ type: v.literal('publish'), topic: v.string() }),
  v.object({ type: v.literal('ping') }),
]);

/** @returns undefined for what is no message of the protocol */
export function parseSignalingMessage(
  text: string,
  { topicChars }: Pick<SignalingLimits, 'topicChars'>,
): SignalingMessage | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const result = v.safeParse(kinds, json);
  if (!result.success) return undefined;
  const message = result.output;
  if (message.type === 'ping') return message;
  const topics = message.type === 'publish' ? [message.topic] : message.topics;
  if (topics.some(({ length }) => length === 0 || length > topicChars)) return undefined;
  if (message.type !== 'publish') return message;
  const whole = written(message);
  return whole === undefined ? undefined : { type: 'publish', topic: message.topic, text: whole };
}

/** Undefined for what nests deeper than can be written: reading JSON goes deeper. */
function written(message: object): string | undefined {
  try {
    return JSON.stringify(message);
  } catch {
    return undefined;
  }
}
