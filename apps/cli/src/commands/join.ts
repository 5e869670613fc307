import { readPeerSettings, writePeerSettings } from '@mnemesh/open-mesh';
import { MnemeshError } from '@mnemesh/protocol';
import type { Call, Command } from '../command-line/command.js';
import { exitCodes } from '../command-line/exit-codes.js';
import { withMesh } from '../command-line/open-call.js';
import { readWhole } from '../imports/read-source.js';
import { showQr, stayLinked } from './invite.js';
import { decodeJoinCode, peerSettingsHere } from './join-code.js';

/** What an offer of `mnemesh invite --offline` begins with. */
const OFFER = 'mnemesh-offer.';

export const join: Command = {
  words: ['join'],
  summary: 'Takes the code of "mnemesh invite", so that this device links with its peers',
  details:
    'The secret is kept beside the keys. Given an offer of "mnemesh invite --offline" it prints the answer,\n' +
    'and keeps the link while it runs.',
  arguments: [
    {
      name: 'CODE',
      help: 'what the other device printed; - reads it from standard input, so that no process list shows the secret',
    },
  ],
  flags: [
    { name: 'qr', help: 'show the answer as a QR code, too' },
    { name: 'force', help: 'replace another secret of this mesh' },
  ],
  examples: ['mnemesh join CODE --mesh atlas', 'mnemesh join OFFER', 'mnemesh join - < code.txt'],
  run: async (call) => {
    const given = call.argument('CODE') as string;
    const code = given === '-' ? await readWhole(given) : given;
    return code.trim().startsWith(OFFER) ? answer(call, code) : take(call, code);
  },
};

async function take(call: Call, text: string): Promise<0> {
  const { terminal } = call;
  const { mesh, data } = call.settings();
  const code = decodeJoinCode(text);
  if (code.mesh !== mesh)
    throw new MnemeshError(
      'wrong_mesh',
      `The code is for the mesh ${code.mesh}, and ${mesh} is chosen here: --mesh ${code.mesh}`,
    );
  const known = await readPeerSettings(data, mesh);
  if (known !== undefined && known.secret !== code.secret && !call.isSet('force'))
    throw new MnemeshError(
      'already_exists',
      `This device has another secret of ${mesh}, by which it links with others. Replace it with --force.`,
    );
  const { secret, signaling } = code;
  await writePeerSettings(data, mesh, {
    ...known,
    secret,
    ...(signaling === undefined ? {} : { signaling }),
  });
  if (terminal.json) terminal.printJson({ mesh, signaling: signaling ?? [] });
  else terminal.print(`joined ${mesh}: its peers are linked whenever the mesh is open here`);
  return exitCodes.ok;
}

/** @throws MnemeshError `bad_input`, `offline` */
async function answer(call: Call, offer: string): Promise<0> {
  const { terminal } = call;
  const { mesh: id, data } = call.settings();
  await peerSettingsHere(data, id);
  return withMesh(call, async ({ mesh }) => {
    const text = await mesh.peers.answer(offer);
    if (terminal.json) terminal.printJson({ answer: text });
    else terminal.print(text);
    if (call.isSet('qr')) showQr(terminal, text);
    terminal.note('Paste this where the offer came from.');
    await linked(mesh);
    await stayLinked(terminal, mesh);
    return exitCodes.ok;
  });
}

function linked(mesh: Parameters<typeof stayLinked>[1]): Promise<void> {
  const isLinked = (): boolean =>
    mesh.status.transports.some(({ kind, state }) => kind === 'peer' && state === 'connected');
  if (isLinked()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = mesh.onStatus(() => {
      if (!isLinked()) return;
      stop();
      resolve();
    });
  });
}
