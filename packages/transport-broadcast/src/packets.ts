/** What passes between the two ends of a channel. */
export type Packet =
  /** The leader has let the guest in. */
  | { readonly type: 'open'; readonly leader: string }
  /** A message, as JSON; `asks` for a sign of life. */
  | { readonly type: 'message'; readonly text: string; readonly asks: boolean }
  /** A sign of life: so many bytes of messages were taken. */
  | { readonly type: 'taken'; readonly bytes: number }
  /** Asks for one. */
  | { readonly type: 'ask' }
  | { readonly type: 'bye' };

/** What is said to all tabs of a mesh. */
export type Call =
  /** Somebody wants to be let in, on the channel of this name. */
  | { readonly type: 'knock'; readonly channel: string }
  /** The page of this id leads from now on. */
  | { readonly type: 'leads'; readonly leader: string };

/** Undefined for what another version, or another program of the site, says. */
export function parsePacket(data: unknown): Packet | undefined {
  const { type, leader, text, asks, bytes } = fieldsOf(data);
  if (type === 'open' && typeof leader === 'string') return { type, leader };
  if (type === 'message' && typeof text === 'string') return { type, text, asks: asks === true };
  if (type === 'taken' && typeof bytes === 'number') return { type, bytes };
  return type === 'ask' || type === 'bye' ? { type } : undefined;
}

/** As `parsePacket`. */
export function parseCall(data: unknown): Call | undefined {
  const { type, channel, leader } = fieldsOf(data);
  if (type === 'knock' && typeof channel === 'string') return { type, channel };
  if (type === 'leads' && typeof leader === 'string') return { type, leader };
  return undefined;
}

function fieldsOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? { ...data } : {};
}
