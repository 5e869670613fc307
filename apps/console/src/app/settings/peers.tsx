import { newMeshSecret } from '@mnemesh/protocol';
import { type ReactNode, useState } from 'react';
import { readJoinCode, writeJoinCode } from '../session/join-code.js';
import { useWorkplace } from '../session/workplace.js';
import { OfflineInvitation } from './offline-invitation.js';

/** Links with other devices by WebRTC, which go on when the relay does not. */
export function Peers(): ReactNode {
  const { settings, change, say } = useWorkplace();
  const [code, setCode] = useState('');
  const [isShown, setShown] = useState(false);
  const { webrtc, mesh, relay } = settings;
  const signaling =
    relay === undefined ? {} : { signaling: [`${relay.replace(/\/$/, '')}/signal`] };
  const join = (): void => {
    const read = readJoinCode(code);
    if (read === undefined) {
      say({
        kind: 'failed',
        text: 'This is no code of “mnemesh invite”. Copy all that it printed.',
      });
      return;
    }
    const { secret, signaling: known } = read;
    change({
      ...settings,
      mesh: read.mesh,
      webrtc: { secret, ...(known === undefined ? {} : { signaling: known }) },
    });
  };
  const begin = (): void => {
    const secret = newMeshSecret({
      randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
    change({ ...settings, webrtc: { secret } });
  };
  const stop = (): void => {
    const { webrtc: _, ...kept } = settings;
    change(kept);
  };
  return (
    <section className="panel" aria-label="Peers">
      <h2>Peers</h2>
      <p className="hint">
        Devices that share the mesh’s secret link with each other by WebRTC. The relay only
        introduces them, and they go on without it.
      </p>
      {webrtc === undefined ? (
        <>
          <label className="field">
            <span>Code of another device</span>
            <textarea
              rows={2}
              value={code}
              onChange={(event) => setCode(event.target.value)}
              placeholder="mnemesh-join.…, as “mnemesh invite” prints it"
              spellCheck={false}
            />
          </label>
          <div className="row">
            <button type="button" disabled={code.trim() === ''} onClick={join}>
              Join peers
            </button>
            <button type="button" className="quiet-button" onClick={begin}>
              Or begin here, with a new secret
            </button>
          </div>
        </>
      ) : (
        <>
          <p>
            This browser links with peers
            {webrtc.signaling === undefined ? ', found through the links it has' : ''}.
          </p>
          <div className="row">
            <button type="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
              {isShown ? 'Hide the code' : 'Invite: show the code'}
            </button>
            <button type="button" onClick={stop}>
              End peer links
            </button>
          </div>
          {isShown && (
            <>
              <pre className="code-block">
                {writeJoinCode({ mesh, secret: webrtc.secret, ...signaling })}
              </pre>
              <p className="hint">
                Whoever has it can read and write the mesh: send it as you would a password.
              </p>
            </>
          )}
          <OfflineInvitation />
        </>
      )}
    </section>
  );
}
