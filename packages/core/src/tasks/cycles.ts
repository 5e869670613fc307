import type { AgentId, Clock, RecordId } from '@mnemesh/protocol';

/** `from` waits for `to`. */
export interface TaskEdge {
  readonly from: RecordId;
  readonly to: RecordId;
  readonly clock: Clock;
  readonly agent: AgentId;
}

/** Tasks that wait for each other in a ring, and the edge that is ignored so that they can be done. */
export interface TaskCycle {
  /** Each waits for the next, and the last for the first. */
  readonly tasks: readonly RecordId[];
  readonly ignored: TaskEdge;
}

/**
 * The rule by which cycles are broken: edges count in the order in which they were added, and one
 * that would close a ring is ignored. A pure function of the edges, so replicas agree. Only edges
 * within a strongly connected component (Tarjan, 1972) are looked at one by one.
 */
export function cyclesOf(edges: readonly TaskEdge[]): readonly TaskCycle[] {
  const component = componentsOf(adjacencyOf(edges));
  const inner = edges.filter(({ from, to }) => component.get(from) === component.get(to));
  const counted = new Map<RecordId, RecordId[]>();
  const cycles: TaskCycle[] = [];
  for (const edge of [...inner].sort(compareEdges)) {
    const { from, to } = edge;
    const path = pathBetween(to, from, (id) => counted.get(id) ?? []);
    if (path === undefined) append(counted, from, to);
    else cycles.push({ tasks: [from, ...path.slice(0, -1)], ignored: edge });
  }
  return cycles;
}

/** Oldest first. */
function compareEdges(a: TaskEdge, b: TaskEdge): number {
  if (a.clock !== b.clock) return a.clock - b.clock;
  if (a.agent !== b.agent) return a.agent < b.agent ? -1 : 1;
  if (a.from !== b.from) return a.from < b.from ? -1 : 1;
  return a.to < b.to ? -1 : a.to > b.to ? 1 : 0;
}

/** The tasks on a way from `start` to `goal`, both included; undefined when there is none. */
export function pathBetween(
  start: RecordId,
  goal: RecordId,
  next: (id: RecordId) => Iterable<RecordId>,
): readonly RecordId[] | undefined {
  const cameFrom = new Map<RecordId, RecordId | undefined>([[start, undefined]]);
  const waiting = [start];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === goal) return wayBack(goal, cameFrom);
    for (const to of next(id)) {
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, id);
      waiting.push(to);
    }
  }
  return undefined;
}

function wayBack(
  goal: RecordId,
  cameFrom: ReadonlyMap<RecordId, RecordId | undefined>,
): readonly RecordId[] {
  const path: RecordId[] = [];
  for (let id: RecordId | undefined = goal; id !== undefined; id = cameFrom.get(id))
    path.unshift(id);
  return path;
}

function adjacencyOf(edges: readonly TaskEdge[]): ReadonlyMap<RecordId, readonly RecordId[]> {
  const next = new Map<RecordId, RecordId[]>();
  for (const { from, to } of edges) append(next, from, to);
  return next;
}

function append(lists: Map<RecordId, RecordId[]>, key: RecordId, value: RecordId): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The number of each task's strongly connected component. Iterative: chains may be as long as there are tasks. */
function componentsOf(
  next: ReadonlyMap<RecordId, readonly RecordId[]>,
): ReadonlyMap<RecordId, number> {
  const index = new Map<RecordId, number>();
  const low = new Map<RecordId, number>();
  const component = new Map<RecordId, number>();
  const open: RecordId[] = [];
  for (const root of next.keys()) {
    if (index.has(root)) continue;
    const frames: { readonly id: RecordId; at: number }[] = [];
    const enter = (id: RecordId): void => {
      index.set(id, index.size);
      low.set(id, index.get(id) as number);
      open.push(id);
      frames.push({ id, at: 0 });
    };
    enter(root);
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const { id } = frame;
      const to = next.get(id)?.[frame.at++];
      if (to === undefined) {
        frames.pop();
        const parent = frames.at(-1);
        if (parent !== undefined) lower(low, parent.id, low.get(id) as number);
        if (low.get(id) === index.get(id)) close(open, id, component);
      } else if (!index.has(to)) enter(to);
      else if (!component.has(to)) lower(low, id, index.get(to) as number);
    }
  }
  return component;
}

function lower(low: Map<RecordId, number>, id: RecordId, to: number): void {
  if (to < (low.get(id) as number)) low.set(id, to);
}

function close(open: RecordId[], root: RecordId, component: Map<RecordId, number>): void {
  const number = component.size;
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    component.set(id, number);
    if (id === root) return;
  }
}
