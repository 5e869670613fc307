import { connect } from 'node:net';
import {
  type GuestMessage,
  type HolderReport,
  holderLimits,
  parseHolderMessage,
} from '@mnemesh/holder';
import type { Runtime } from '@mnemesh/protocol';
import { MessagePipe } from './message-pipe.js';
import { problemOf, type SocketPlace } from './socket-place.js';

/** `absent`: nobody listens and nothing is left; `stale`: a dead holder's socket; `silent`: somebody is there and does not answer. */
export type HolderFinding =
  | { readonly state: 'alive'; readonly report: HolderReport }
  | { readonly state: 'absent' | 'stale' | 'silent' }
  | { readonly state: 'unsafe'; readonly problem: string };

/** Asks who holds a replica. Changes nothing. */
export function inspectHolder(
  place: SocketPlace,
  runtime: Runtime,
  patienceMs: number = holderLimits.helloMs,
): Promise<HolderFinding> {
  return ask(place, { type: 'inspect' }, runtime, patienceMs);
}

/** Takes a held replica off the network, or lets it back. */
export function orderOffline(
  place: SocketPlace,
  offline: boolean,
  runtime: Runtime,
): Promise<HolderFinding> {
  return ask(place, { type: 'offline', offline }, runtime, holderLimits.helloMs);
}

function ask(
  { path, directory }: SocketPlace,
  message: GuestMessage,
  runtime: Runtime,
  patienceMs: number,
): Promise<HolderFinding> {
  const problem = directory === undefined ? undefined : problemOf(directory);
  if (problem !== undefined) return Promise.resolve({ state: 'unsafe', problem });
  return new Promise((resolve) => {
    const socket = connect(path);
    let finding: HolderFinding = { state: 'silent' };
    const cancel = runtime.after(patienceMs, () => socket.destroy());
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      finding = { state: code === 'ENOENT' ? 'absent' : 'stale' };
    });
    const pipe = new MessagePipe(socket, {
      receivedBytes: holderLimits.answerBytes,
      sentBytes: holderLimits.requestBytes,
      received: (json) => {
        const answer = parseHolderMessage(json);
        if (answer.type !== 'report') return;
        const { type: _, ...report } = answer;
        finding = { state: 'alive', report };
        pipe.destroy();
      },
      failed: () => pipe.destroy(),
      ended: () => {
        cancel();
        resolve(finding);
      },
    });
    pipe.send(message);
  });
}
