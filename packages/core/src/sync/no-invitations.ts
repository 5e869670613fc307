import { MnemeshError } from '@mnemesh/protocol';
import type { Invitations } from '../ports/index.js';

const refuse = async (): Promise<never> => {
  throw new MnemeshError(
    'bad_input',
    'This replica has no peer links. Give it the secret of the mesh: openMesh({ webrtc: { secret } }), or "mnemesh invite" and "mnemesh join".',
  );
};

/** Those of a replica without a transport that could take them. */
export const noInvitations: Invitations = { invite: refuse, answer: refuse, complete: refuse };
