import { useMesh, useStatus } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { useOutbox } from '../session/workplace.js';
import { unackedBy } from '../shell/sync-state.js';
import { Age } from '../ui/agent.js';
import { Icon } from '../ui/icon.js';
import { AgentTable } from './agent-table.js';
import { linkNames, MeshGraph } from './mesh-graph.js';

export function MeshView(): ReactNode {
  const mesh = useMesh();
  const status = useStatus();
  return (
    <>
      <header className="view-head">
        <h1>Mesh</h1>
        <button
          type="button"
          aria-pressed={status.offline}
          onClick={() => mesh.setOffline(!status.offline)}
        >
          <Icon name="offline" /> {status.offline ? 'Go back online' : 'Go offline'}
        </button>
      </header>
      <div className="page">
        <Stages />
        <p className="hint">
          This is how far what this replica holds has come. What others last said of theirs is in
          the drawing.
        </p>
        <MeshGraph />
        <div className="two">
          <AgentTable />
          <OutboxList />
        </div>
        <Links />
      </div>
    </>
  );
}

/** The three promises, in figures of this replica. */
function Stages(): ReactNode {
  const status = useStatus();
  const { unsaved, awaited, synced, segments, offline } = status;
  const unacked = unackedBy(status);
  return (
    <dl className="stages">
      <Stage
        name="Saved"
        good={unsaved === 0}
        value={unsaved === 0 ? 'Everything' : `${unsaved} to go`}
        means="durable in this browser"
      />
      {unacked === undefined ? (
        <Stage name="Acked" good value="No relay" means="peers do not ack" />
      ) : (
        <Stage
          name="Acked"
          good={unacked === 0}
          value={
            unacked === 0
              ? 'Everything'
              : `${unacked} ${unacked === 1 ? 'segment waits' : 'segments wait'}`
          }
          means="durable on the relay, too"
        />
      )}
      <Stage
        name="Synced"
        good={synced}
        value={synced ? 'Both ends agree' : offline ? 'Cut off' : 'Not yet'}
        means={awaited > 0 ? `${awaited} segments to fetch` : 'the other end holds the same'}
      />
      <Stage
        name="Segments"
        good
        value={`${segments.known}`}
        means={`documents known, ${segments.loaded} in memory`}
      />
    </dl>
  );
}

interface StageProps {
  readonly name: string;
  readonly value: string;
  readonly means: string;
  readonly good: boolean;
}

function Stage({ name, value, means, good }: StageProps): ReactNode {
  return (
    <div className="stage" data-good={good}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        <span className="quiet">{means}</span>
      </dd>
    </div>
  );
}

function OutboxList(): ReactNode {
  const writes = useOutbox();
  const status = useStatus();
  const { segments } = status;
  const unacked = unackedBy(status) ?? 0;
  return (
    <section className="panel" aria-label="Outbox">
      <h2>Outbox</h2>
      {unacked > 0 && (
        <p className="notice">
          {unacked} of {segments.known} segments hold something that the relay has not acked. What
          was written before this page was opened, or in another tab, may be among it: it is not
          listed one by one.
        </p>
      )}
      {writes.length === 0 ? (
        <p className="quiet">
          What you write in this sitting is listed here, with how far it has come: saved, then
          acked.
        </p>
      ) : (
        <ol className="outbox">
          {writes.slice(0, 12).map(({ number, label, reached, at, error }) => (
            <li key={number}>
              <span className={`reached reached-${reached}`}>{reached}</span>
              <span className="outbox-label" title={error}>
                {label}
              </span>
              <Age at={at} />
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function Links(): ReactNode {
  const { transports, rejected, damaged, unverified, replica } = useStatus();
  return (
    <section className="panel" aria-label="This replica">
      <h2>This replica</h2>
      <dl className="facts">
        <div>
          <dt>Id</dt>
          <dd>
            <code>{replica}</code>
          </dd>
        </div>
        {transports.map(({ kind, address, state, links }) => (
          <div key={`${kind} ${address}`}>
            <dt>{linkNames[kind]}</dt>
            <dd>
              <code>{address}</code> · {state.replace('_', ' ')} · {links}{' '}
              {links === 1 ? 'link' : 'links'}
            </dd>
          </div>
        ))}
        {transports.length === 0 && (
          <div>
            <dt>Links</dt>
            <dd>None: this browser stays by itself. Name a relay in the settings.</dd>
          </div>
        )}
        {damaged > 0 && (
          <div>
            <dt>Damaged</dt>
            <dd>{damaged} segments, fetched again from the others</dd>
          </div>
        )}
        {unverified > 0 && (
          <div>
            <dt>Unverified</dt>
            <dd>{unverified} elements failed verification: kept, never shown</dd>
          </div>
        )}
        {rejected.map(({ namespace, segment, reason }) => (
          <div key={`${namespace} ${segment}`}>
            <dt>Refused</dt>
            <dd>
              {namespace} {segment}: {reason}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
