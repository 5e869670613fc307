import { createInterface } from 'node:readline/promises';
import type { Mesh } from '@mnemesh/core';
import { readPeerSettings, writePeerSettings } from '@mnemesh/open-mesh';
import { newMeshSecret } from '@mnemesh/protocol';
import { nodeRuntime } from '@mnemesh/runtime-node';
import { renderUnicodeCompact } from 'uqr';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { wordsFlag } from '../command-line/flag-values.js';
import { withMesh } from '../command-line/open-call.js';
import type { Terminal } from '../command-line/terminal.js';
import { encodeJoinCode, peerSettingsHere } from './join-code.js';

export const invite: Command = {
  words: ['invite'],
  summary: 'Prints what another device needs to link with this one directly',
  details:
    'The code holds the secret of the mesh, made on first use: whoever has the code is a member. Devices that\n' +
    'joined find each other through the relay, through signaling servers, and through each other.\n' +
    '--offline links with one device that has joined, without any server: it prints an offer, and waits for\n' +
    'the answer that "mnemesh join OFFER" prints there. Both stay linked while a process holds each replica.',
  arguments: [],
  flags: [
    {
      name: 'signaling',
      value: 'URLS',
      help: 'signaling servers besides the relay, separated by commas',
    },
    {
      name: 'signal',
      value: 'PLACE',
      help: 'offer signaling at this port of this device, or at HOST:PORT',
    },
    { name: 'offline', help: 'link without any server, by two texts' },
    { name: 'qr', help: 'show it as a QR code, too' },
  ],
  examples: [
    'mnemesh invite',
    'mnemesh invite --signaling ws://127.0.0.1:7700/signal --qr',
    'mnemesh invite --offline',
  ],
  run: async (call) => (call.isSet('offline') ? inviteOffline(call) : printCode(call)),
};

async function printCode(call: Call): Promise<0> {
  const { terminal } = call;
  const { mesh, data } = call.settings();
  const known = await readPeerSettings(data, mesh);
  const signaling = wordsFlag(call, 'signaling') ?? known?.signaling;
  const signal = call.flag('signal') ?? known?.signal;
  const settings = {
    ...known,
    secret: known?.secret ?? newMeshSecret(nodeRuntime()),
    ...(signaling === undefined ? {} : { signaling }),
    ...(signal === undefined ? {} : { signal }),
  };
  await writePeerSettings(data, mesh, settings);
  const code = encodeJoinCode({ mesh, ...settings });
  if (terminal.json) terminal.printJson({ mesh, code });
  else {
    terminal.print(code);
    if (call.isSet('qr')) showQr(terminal, code);
    terminal.note(`on the other device: mnemesh join CODE --mesh ${mesh}`);
    terminal.note(
      'Whoever has this code can read and write the mesh: send it as you would a password.',
    );
    if (known === undefined)
      terminal.note('A process that holds this replica now has peer links once it has ended.');
  }
  return exitCodes.ok;
}

/** @throws MnemeshError `bad_input`, `offline` */
async function inviteOffline(call: Call): Promise<0> {
  const { terminal } = call;
  const { mesh: id, data } = call.settings();
  await peerSettingsHere(data, id);
  return withMesh(call, async ({ mesh }) => {
    const offer = await mesh.peers.invite();
    if (terminal.json) terminal.printJson({ offer });
    else terminal.print(offer);
    if (call.isSet('qr')) showQr(terminal, offer);
    terminal.note('on the other device: mnemesh join OFFER');
    terminal.note('Then paste here the answer it prints:');
    await mesh.peers.complete(await readLine());
    if (terminal.json) terminal.printJson({ linked: true });
    else terminal.print('linked');
    await stayLinked(terminal, mesh);
    return exitCodes.ok;
  });
}

/** Resolves when no peer is linked any more, or the person ends it. */
export async function stayLinked(terminal: Terminal, mesh: Mesh): Promise<void> {
  const isLinked = (): boolean =>
    mesh.status.transports.some(({ kind, state }) => kind === 'peer' && state === 'connected');
  terminal.note('Linked until Ctrl-C. What is written on either device reaches the other.');
  await new Promise<void>((resolve) => {
    const stop = mesh.onStatus(() => {
      if (isLinked()) return;
      stop();
      resolve();
    });
    process.once('SIGINT', () => {
      stop();
      resolve();
    });
  });
}

export function showQr(terminal: Terminal, text: string): void {
  terminal.note(renderUnicodeCompact(text, { ecc: 'L', border: 2 }));
}

async function readLine(): Promise<string> {
  const lines = createInterface({ input: process.stdin });
  try {
    for await (const line of lines) if (line.trim() !== '') return line;
  } finally {
    lines.close();
  }
  return '';
}
