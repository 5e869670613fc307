import { type Gate, gateMessages } from '@mnemesh/transport-broadcast';

/** A class of sockets that hear nothing once their page does not lead any more. */
export function gatedSocket(gate: Gate): typeof WebSocket {
  return class extends WebSocket {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      gateMessages(this, gate, () => this.close());
    }
  };
}
