import { holdMesh } from '@mnemesh/open-mesh';
import type { Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { numberFlag } from '../command-line/flag-values.js';
import { interrupted } from '../command-line/interrupted.js';
import { stayAlive } from '../command-line/stay-alive.js';
import { peerSettingsHere } from './join-code.js';

/** Seconds that a holder may be told to stay without anybody. */
const MOST_SECONDS = 24 * 60 * 60;

export const hold: Command = {
  words: ['hold'],
  summary: 'Holds the replica for other processes, until nobody needs it',
  details:
    'One process has the store of a replica open; all others on this device attach to it. The first\n' +
    'that needs it does so anyway; this one does nothing else. Thin processes start one by themselves.',
  arguments: [],
  flags: [
    {
      name: 'idle',
      value: 'SECONDS',
      help: 'end when nobody has been attached for so long (default 60; 0 stays)',
    },
    {
      name: 'signal',
      value: 'PLACE',
      help: 'let peers find each other at this port of this device, or at HOST:PORT',
    },
  ],
  examples: ['mnemesh hold --idle 0', 'mnemesh hold --idle 0 --signal 7701'],
  run: async (call) => {
    const { terminal } = call;
    const settings = call.settings();
    const { mesh, data } = settings;
    const idle = numberFlag(call, 'idle', 0, MOST_SECONDS);
    const stopped = interrupted();
    const signal = call.flag('signal');
    const peers =
      signal === undefined ? {} : { webrtc: { ...(await peerSettingsHere(data, mesh)), signal } };
    const held = await holdMesh(
      { ...settings, ...peers },
      { log: terminal.log, ...(idle === undefined ? {} : { idleMs: idle * 1000 }) },
    );
    if (terminal.json) terminal.printJson({ mesh, data, pid: process.pid });
    else terminal.print(`holding ${mesh} of ${data} (pid ${process.pid})`);
    await stayAlive(Promise.race([stopped.then(() => held.close()), held.ended]));
    return exitCodes.ok;
  },
};
