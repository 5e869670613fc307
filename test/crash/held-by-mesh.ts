import type { MemoryItem, Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import type { Claim } from '../processes/messages.js';
import { broken, describeBroken, type Holding } from './claims.js';

/** Records of one page: the most that `list` gives. */
const PAGE = 10_000;
/** Milliseconds after which somebody who still lacks something is given up. */
const PATIENCE_MS = 20_000;

/** Those of the claims that do not hold for the user of this replica, told for people. */
export async function brokenIn(mesh: Mesh, claims: readonly Claim[]): Promise<readonly string[]> {
  const holding = await heldBy(mesh);
  return describeBroken(broken(claims, holding), holding);
}

/** The same of a replica that is still catching up: what does not hold when it has had its time. */
export async function brokenInTheEnd(
  mesh: Mesh,
  claims: readonly Claim[],
): Promise<readonly string[]> {
  const holding = await heldBy(mesh);
  let left = broken(claims, holding);
  return new Promise((resolve) => {
    const look = (ids?: ReadonlySet<RecordId>) => {
      const seen = ids === undefined ? left : left.filter(({ id }) => ids.has(id));
      const lacking = new Set(broken(seen, holding));
      left = left.filter((claim) => lacking.has(claim) || !seen.includes(claim));
      if (left.length === 0) end();
    };
    const stops = [
      mesh.memory.watch((changes) => {
        for (const { id, record } of changes) holding.contents.set(id, record?.content);
        look(new Set(changes.map(({ id }) => id)));
      }),
      mesh.tasks.watch((changes) => {
        for (const { id, record } of changes) holding.titles.set(id, record?.title);
        look(new Set(changes.map(({ id }) => id)));
      }),
    ];
    const deadline = setTimeout(end, PATIENCE_MS);
    function end(): void {
      clearTimeout(deadline);
      for (const stop of stops) stop();
      resolve(describeBroken(left, holding));
    }
    look();
  });
}

interface MutableHolding extends Holding {
  readonly contents: Map<RecordId, string | undefined>;
  readonly titles: Map<RecordId, string | undefined>;
}

/** What this replica shows its user. */
async function heldBy(mesh: Mesh): Promise<MutableHolding> {
  const contents = new Map<RecordId, string | undefined>();
  let before: MemoryItem | undefined;
  do {
    const page = await mesh.memory.list({
      limit: PAGE,
      ...(before === undefined ? {} : { before }),
    });
    for (const { id, content } of page) contents.set(id, content);
    before = page.length === PAGE ? page.at(-1) : undefined;
  } while (before !== undefined);
  const tasks = await mesh.tasks.list({ limit: PAGE });
  const titles = new Map<RecordId, string | undefined>(tasks.map(({ id, title }) => [id, title]));
  return {
    contents,
    titles,
    content: (id) => contents.get(id),
    title: (id) => titles.get(id),
  };
}
