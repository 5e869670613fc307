import { graphlib, layout } from '@dagrejs/dagre';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What is used of dagre's graph: its own types lead nowhere where modules are Node's. */
interface DagreGraph {
  setGraph(label: object): void;
  setDefaultEdgeLabel(make: () => object): void;
  setNode(id: string, label: object): void;
  setEdge(from: string, to: string): void;
  nodes(): string[];
  node(id: string): { readonly x?: number; readonly y?: number };
  edge(from: string, to: string): { readonly points?: readonly Point[] };
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
    edges: edges.map((edge) => ({
      ...edge,
      path: pathThrough(places, edge, graph.edge(edge.on, edge.task).points ?? []),
    })),
  };
}

/** Pixels by which a layer may be off the middle of its boxes. */
const NEARLY = 1;

/** From the right of one box to the left of another, straight through the gaps that are kept free for it in the layers between. */
function pathThrough(
  places: GraphLayout['places'],
  { task, on }: Pick<GraphEdge, 'task' | 'on'>,
  points: readonly Point[],
): string {
  const [from, to] = [places.get(on), places.get(task)];
  if (from === undefined || to === undefined) return '';
  const layers = new Set([...places.values()].map(({ x }) => Math.round(x + BOX.width / 2)));
  const isInLayer = ({ x }: Point): boolean =>
    [...layers].some((layer) => Math.abs(layer - x) <= NEARLY);
  const between = points.slice(1, -1).filter(isInLayer);
  const start = { x: from.x + BOX.width, y: from.y + BOX.height / 2 };
  const stops = [
    ...between.map(({ x, y }) => ({ left: x - BOX.width / 2, right: x + BOX.width / 2, y })),
    { left: to.x, right: to.x, y: to.y + BOX.height / 2 },
  ];
  let at = start;
  let path = `M${start.x} ${start.y}`;
  for (const { left, right, y } of stops) {
    const middle = (at.x + left) / 2;
    path += `C${middle} ${at.y} ${middle} ${y} ${left} ${y}H${right}`;
    at = { x: right, y };
  }
  return path;
}
