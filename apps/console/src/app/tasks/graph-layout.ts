import { graphlib, layout } from '@dagrejs/dagre';

/** What is used of dagre's graph: its own types lead nowhere where modules are Node's. */
interface DagreGraph {
  setGraph(label: object): void;
  setDefaultEdgeLabel(make: () => object): void;
  setNode(id: string, label: object): void;
  setEdge(from: string, to: string): void;
  nodes(): string[];
  node(id: string): { readonly x?: number; readonly y?: number };
  graph(): { readonly width?: number; readonly height?: number };
}

/** Pixels of a task's box. */
export const BOX = { width: 190, height: 52 } as const;

export interface GraphTask {
  readonly id: string;
  readonly dependencies: readonly { readonly type: string; readonly on: string }[];
  readonly ref?: string;
}

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** Left upper corners, by id. Tasks without any edge are not drawn. */
  readonly places: ReadonlyMap<string, { readonly x: number; readonly y: number }>;
  readonly edges: readonly GraphEdge[];
}

export interface GraphEdge {
  /** The one that waits. */
  readonly task: string;
  /** What it waits for. */
  readonly on: string;
  readonly type: string;
  readonly path: string;
}

/** Layers from left to right: what others wait for comes first. Equal tasks give equal places. */
export function layOut(tasks: readonly GraphTask[]): GraphLayout {
  const byName = new Map(
    tasks.flatMap((task) => [
      [task.id, task],
      [task.ref ?? task.id, task],
    ]),
  );
  const edges = tasks.flatMap((task) =>
    task.dependencies.flatMap(({ type, on }) => {
      const target = byName.get(on);
      return target === undefined || target === task
        ? []
        : [{ task: task.id, on: target.id, type }];
    }),
  );
  const graph = new graphlib.Graph() as unknown as DagreGraph;
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 56, marginx: 16, marginy: 16 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of new Set(edges.flatMap(({ task, on }) => [on, task])))
    graph.setNode(id, { ...BOX });
  for (const { task, on } of edges) graph.setEdge(on, task);
  layout(graph as never);
  const places = new Map(
    graph.nodes().map((id) => {
      const { x = 0, y = 0 } = graph.node(id);
      return [id, { x: x - BOX.width / 2, y: y - BOX.height / 2 }] as const;
    }),
  );
  const { width = 0, height = 0 } = graph.graph();
  return {
    width: Number.isFinite(width) ? width : 0,
    height: Number.isFinite(height) ? height : 0,
    places,
    edges: edges.map((edge) => ({ ...edge, path: pathOf(places, edge.on, edge.task) })),
  };
}

function pathOf(places: GraphLayout['places'], from: string, to: string): string {
  const [a, b] = [places.get(from), places.get(to)];
  if (a === undefined || b === undefined) return '';
  const [x1, y1] = [a.x + BOX.width, a.y + BOX.height / 2];
  const [x2, y2] = [b.x, b.y + BOX.height / 2];
  const bend = Math.max(24, (x2 - x1) / 2);
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}
