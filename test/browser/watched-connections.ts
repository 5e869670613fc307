/** The part of an RTCPeerConnection that tells what it has carried. */
interface Connection {
  readonly connectionState: string;
  getStats(): Promise<ReadonlyMap<string, Statistics>>;
}

interface Statistics {
  readonly type: string;
  readonly bytesSent?: number;
  readonly bytesReceived?: number;
}

type ConnectionClass = new (...args: readonly unknown[]) => Connection;

const made: Connection[] = [];

/** From now on `carriedHere` knows every connection that this page makes. */
export function watchConnections(): void {
  const page = globalThis as unknown as { RTCPeerConnection: ConnectionClass };
  const Original = page.RTCPeerConnection;
  page.RTCPeerConnection = class extends Original {
    constructor(...args: readonly unknown[]) {
      super(...args);
      made.push(this);
    }
  };
}

/** Bytes that the data channels of each connection of this page have carried, as the browser counts them. */
export async function carriedHere(): Promise<
  readonly { readonly sent: number; readonly received: number }[]
> {
  const open = made.filter(({ connectionState }) => connectionState === 'connected');
  return Promise.all(open.map(carriedBy));
}

async function carriedBy(connection: Connection) {
  const channels = [...(await connection.getStats()).values()].filter(
    ({ type }) => type === 'data-channel',
  );
  const sum = (of: (one: Statistics) => number | undefined): number =>
    channels.reduce((bytes, one) => bytes + (of(one) ?? 0), 0);
  return { sent: sum((one) => one.bytesSent), received: sum((one) => one.bytesReceived) };
}
