import type { MeshStatus, PresentSession, Standing, TransportStatus } from '@mnemesh/core';

/** Pixels of the drawing, where there is room and where there is little. */
export const sheets = {
  wide: { width: 760, height: 330, insetX: 110, insetY: 52 },
  narrow: { width: 326, height: 540, insetX: 66, insetY: 44 },
} as const;
export type Sheet = (typeof sheets)[keyof typeof sheets];

export interface MeshNode {
  readonly id: string;
  readonly what: 'own' | 'replica' | 'relay' | 'peers';
  readonly x: number;
  readonly y: number;
  readonly sessions: readonly PresentSession[];
  readonly transport?: TransportStatus;
}

export interface MeshEdge {
  readonly from: string;
  readonly to: string;
  /** `heard`: this replica knows of the other one through the mesh, not by a link of its own. */
  readonly what: TransportStatus['kind'] | 'heard';
  readonly isUp: boolean;
}

export interface MeshDrawing {
  readonly nodes: readonly MeshNode[];
  readonly edges: readonly MeshEdge[];
}

/** In a few words, how far a replica is with what it holds. */
export function standingText({ unsaved, unacked, awaited, synced }: Standing): string {
  // Without a relay nobody acks; with one that is away, peers may hold it all the same.
  if (synced) return unacked > 0 ? 'synced with peers' : 'synced';
  const open = [
    unsaved > 0 ? `${unsaved} not saved` : '',
    unacked > 0 ? `${unacked} not acked` : '',
    awaited > 0 ? `${awaited} to fetch` : '',
  ].filter((part) => part !== '');
  return open.join(', ') || 'all saved';
}

/** What the session that was heard last said of its replica. */
export function standingOf(sessions: readonly PresentSession[]): Standing | undefined {
  const latest = [...sessions].sort((a, b) => (a.seenAt < b.seenAt ? 1 : -1));
  return latest.find(({ standing }) => standing !== undefined)?.standing;
}

/**
 * This replica, what it links with, and who is heard of. Relays stand in the middle, and the meeting place of peers
 * while none is found there; replicas stand on a ring around them, this one at its foot.
 */
export function drawMesh(
  own: string,
  status: Pick<MeshStatus, 'transports' | 'offline'>,
  present: readonly PresentSession[],
  sheet: Sheet,
): MeshDrawing {
  const linked = new Map(
    status.transports.flatMap(({ kind, peers }) => peers.map((peer) => [peer as string, kind])),
  );
  const others = [...new Set([...linked.keys(), ...present.map(({ replica }) => replica)])]
    .filter((replica) => replica !== own)
    .sort();
  const sought = status.transports.filter(({ peers }) => peers.length === 0);
  const hubs = sought.map((transport, n) => hubNode(transport, n, sought.length, sheet));
  const ring = [own, ...others].map((replica, n): MeshNode => {
    const angle = Math.PI / 2 + (n / (others.length + 1)) * 2 * Math.PI;
    return {
      id: replica,
      what: replica === own ? 'own' : 'replica',
      x: sheet.width / 2 + Math.cos(angle) * (sheet.width / 2 - sheet.insetX),
      y: sheet.height / 2 + Math.sin(angle) * (sheet.height / 2 - sheet.insetY),
      sessions: present.filter((session) => session.replica === replica),
    };
  });
  const through = hubs.find(({ transport }) => (transport?.links ?? 0) > 0) ?? hubs[0];
  return {
    nodes: [...hubs, ...ring],
    edges: [
      ...hubs.map((hub) => ({
        from: own,
        to: hub.id,
        what: hub.transport?.kind ?? ('relay' as const),
        isUp: !status.offline && (hub.transport?.links ?? 0) > 0,
      })),
      ...others.flatMap((replica): readonly MeshEdge[] => {
        const isUp = !status.offline;
        const kind = linked.get(replica);
        if (kind !== undefined) return [{ from: own, to: replica, what: kind, isUp }];
        return through === undefined
          ? []
          : [{ from: replica, to: through.id, what: 'heard', isUp }];
      }),
    ],
  };
}

function hubNode(transport: TransportStatus, n: number, count: number, sheet: Sheet): MeshNode {
  return {
    id: `${transport.kind} ${transport.address}`,
    what: transport.kind === 'relay' ? 'relay' : 'peers',
    x: sheet.width / 2 + (n - (count - 1) / 2) * Math.min(180, (sheet.width - 40) / count),
    y: sheet.height / 2,
    sessions: [],
    transport,
  };
}
