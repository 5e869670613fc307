import type { MemoryItem, Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import type { Claim } from '../processes/messages.js';
import { broken, type Claims, describeBroken, type Holding, holds } from './claims.js';

/** Records of one page: the most that `list` gives. */
const PAGE = 10_000;
/** Milliseconds after which somebody who still lacks something is given up. */
const PATIENCE_MS = 30_000;

interface Texts {
  readonly contents: Map<RecordId, string | undefined>;
  readonly titles: Map<RecordId, string | undefined>;
}

/** Those of the claims that do not hold for the user of this replica, told for people. */
export async function brokenIn(mesh: Mesh, claims: readonly Claim[]): Promise<readonly string[]> {
  const holding = holdingOf(await textsOf(mesh));
  return describeBroken(broken(claims, holding), holding);
}

/**
 * The same of a replica that is still catching up: which claims of now do not hold when it has had
 * its time. Writers may go on meanwhile, and forget what they had written.
 */
export async function brokenInTheEnd(mesh: Mesh, claims: Claims): Promise<readonly string[]> {
  const claimed = claims.standing;
  const learned = new Learned(mesh);
  try {
    for (;;) {
      learned.forget();
      const texts = await textsOf(mesh);
      learned.addTo(texts);
      const holding = holdingOf(texts);
      const left = broken(claims.stillStanding(claimed), holding);
      if (left.length === 0 || learned.late) return describeBroken(left, holding);
      await learned.enoughFor(left);
    }
  } finally {
    learned.close();
  }
}

/** What a replica has shown its watchers of late, so that waiting for it needs no repeated looking. */
class Learned {
  readonly #stops: readonly (() => void)[];
  readonly #deadline: NodeJS.Timeout;
  readonly #texts: Texts = { contents: new Map(), titles: new Map() };
  #changed: (ids: readonly RecordId[]) => void = () => undefined;
  #late = false;

  constructor(mesh: Mesh) {
    const { contents, titles } = this.#texts;
    this.#stops = [
      mesh.memory.watch((changes) => {
        for (const { id, record } of changes) contents.set(id, record?.content);
        this.#changed(changes.map(({ id }) => id));
      }),
      mesh.tasks.watch((changes) => {
        for (const { id, record } of changes) titles.set(id, record?.title);
        this.#changed(changes.map(({ id }) => id));
      }),
    ];
    this.#deadline = setTimeout(() => {
      this.#late = true;
      this.#changed([]);
    }, PATIENCE_MS);
  }

  get late(): boolean {
    return this.#late;
  }

  forget(): void {
    this.#texts.contents.clear();
    this.#texts.titles.clear();
  }

  addTo(texts: Texts): void {
    for (const [id, content] of this.#texts.contents) texts.contents.set(id, content);
    for (const [id, title] of this.#texts.titles) texts.titles.set(id, title);
  }

  /** Resolves when all of these claims have been seen to hold, or time is up. */
  enoughFor(claims: readonly Claim[]): Promise<void> {
    const holding = holdingOf(this.#texts);
    const left = new Map(claims.map((claim) => [claim.id, claim]));
    return new Promise((resolve) => {
      this.#changed = (ids) => {
        for (const id of ids) {
          const claim = left.get(id);
          // One that is gone was forgotten, or is missing: to be told apart by looking again.
          const gone = holding.content(id) === undefined && holding.title(id) === undefined;
          if (claim !== undefined && (gone || holds(claim, holding))) left.delete(id);
        }
        if (left.size === 0 || this.#late) resolve();
      };
      if (this.#late) resolve();
    });
  }

  close(): void {
    clearTimeout(this.#deadline);
    for (const stop of this.#stops) stop();
  }
}

function holdingOf({ contents, titles }: Texts): Holding {
  return { content: (id) => contents.get(id), title: (id) => titles.get(id) };
}

/** What this replica shows its user. */
async function textsOf(mesh: Mesh): Promise<Texts> {
  const contents = new Map<RecordId, string | undefined>();
  let before: MemoryItem | undefined;
  do {
    const query = { limit: PAGE, ...(before === undefined ? {} : { before }) };
    const page = await mesh.memory.list(query);
    for (const { id, content } of page) contents.set(id, content);
    before = page.length === PAGE ? page.at(-1) : undefined;
  } while (before !== undefined);
  const tasks = await mesh.tasks.list({ limit: PAGE });
  return { contents, titles: new Map(tasks.map(({ id, title }) => [id, title])) };
}
