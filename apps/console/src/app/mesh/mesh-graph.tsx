import type { Standing, TransportStatus } from '@mnemesh/core';
import { useMesh, usePresence, useStatus } from '@mnemesh/react';
import type { ReactNode } from 'react';
import { Agent } from '../ui/agent.js';
import { useIsNarrow } from '../ui/use-is-narrow.js';
import {
  drawMesh,
  type MeshEdge,
  type MeshNode,
  type Sheet,
  sheets,
  standingOf,
  standingText,
} from './mesh-layout.js';

export const linkNames: Readonly<Record<TransportStatus['kind'], string>> = {
  relay: 'WebSocket',
  peer: 'WebRTC',
  tab: 'tab',
};

const stateWords: Readonly<Record<TransportStatus['state'], string>> = {
  offline: 'offline',
  no_signaling: 'no path to find peers',
  connecting: 'connecting',
  connected: 'connected',
  refused: 'refused',
};

/** Who is there now, and by what this replica reaches them. */
export function MeshGraph(): ReactNode {
  const mesh = useMesh();
  const status = useStatus();
  const { data: present = [] } = usePresence();
  const sheet = sheets[useIsNarrow() ? 'narrow' : 'wide'];
  const { nodes, edges } = drawMesh(mesh.replica, status, present, sheet);
  const at = new Map(nodes.map((node) => [node.id, node]));
  return (
    <figure className="mesh-figure">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
      <section className="mesh-scroll" tabIndex={0} aria-label="Replicas and links">
        <div className="mesh-sheet" style={{ aspectRatio: `${sheet.width} / ${sheet.height}` }}>
          <svg viewBox={`0 0 ${sheet.width} ${sheet.height}`} aria-hidden="true">
            {edges.map((edge) => (
              <Edge key={`${edge.from} ${edge.to}`} edge={edge} at={at} />
            ))}
          </svg>
          {nodes.map((node) => (
            <Node key={node.id} node={node} sheet={sheet} own={status} />
          ))}
        </div>
      </section>
      <figcaption className="quiet">
        Solid: links of this replica, to relays and to other replicas. Dotted: replicas it hears of
        through others. Each with how far it was when it last said so; this one, as it is now.
      </figcaption>
    </figure>
  );
}

interface EdgeProps {
  readonly edge: MeshEdge;
  readonly at: ReadonlyMap<string, MeshNode>;
}

function Edge({ edge, at }: EdgeProps): ReactNode {
  const [from, to] = [at.get(edge.from), at.get(edge.to)];
  if (from === undefined || to === undefined) return null;
  const state = edge.isUp ? 'up' : 'down';
  return (
    <>
      <line
        x1={from.x}
        y1={from.y}
        x2={to.x}
        y2={to.y}
        className={`link link-${edge.what} link-${state}`}
      />
      {edge.what !== 'heard' && (
        <text x={(from.x + to.x) / 2 + 8} y={(from.y + to.y) / 2} className="link-name">
          {linkNames[edge.what]}
        </text>
      )}
    </>
  );
}

interface NodeProps {
  readonly node: MeshNode;
  readonly sheet: Sheet;
  readonly own: Standing;
}

function Node({ node, sheet, own }: NodeProps): ReactNode {
  const { what, x, y, sessions, transport } = node;
  const place = {
    left: `${(x / sheet.width) * 100}%`,
    top: `${(y / sheet.height) * 100}%`,
  };
  if (transport !== undefined) {
    return (
      <div className={`node node-${what}`} style={place}>
        <strong>{what === 'relay' ? 'Relay' : 'Peers'}</strong>
        <span className="node-address">{transport.address}</span>
        <span className="quiet">{stateWords[transport.state]}</span>
      </div>
    );
  }
  const standing = what === 'own' ? own : standingOf(sessions);
  const names = [...new Map(sessions.map((session) => [session.agent, session])).values()];
  return (
    <div className={`node node-${what}`} style={place}>
      {names.length === 0 && <strong>{what === 'own' ? 'This replica' : 'A replica'}</strong>}
      {names.map(({ agent, status }) => (
        <span key={agent} className="node-agent">
          <Agent id={agent} />
          {status !== undefined && <span className="quiet">{status}</span>}
        </span>
      ))}
      {standing !== undefined && (
        <span className="quiet node-standing">{standingText(standing)}</span>
      )}
      <span className="quiet node-id">{what === 'own' ? 'this browser' : node.id.slice(0, 6)}</span>
    </div>
  );
}
