import { type Namespace, parseRecordId, type RecordId } from '@mnemesh/protocol';
import type { ReplicaStore, StoredRecord } from '../ports/index.js';
import type { StoredView } from '../records/projection.js';
import { targets } from '../records/references.js';

/** Items of a lineage that are followed in each direction. */
const FOLLOWED = 200;

/** What an item took the place of and what took its place, nearest first. */
export async function lineageOf(
  store: ReplicaStore,
  namespace: Namespace,
  id: RecordId,
): Promise<{
  readonly before: readonly StoredRecord[];
  readonly after: readonly StoredRecord[];
  readonly forgotten: readonly RecordId[];
}> {
  const forgotten = new Set<RecordId>();
  const follow = async (
    next: (one: RecordId) => Promise<readonly RecordId[]>,
  ): Promise<readonly StoredRecord[]> => {
    const found: StoredRecord[] = [];
    const seen = new Set([id]);
    let front: readonly RecordId[] = [id];
    while (front.length > 0 && seen.size <= FOLLOWED) {
      const reached = new Set((await Promise.all(front.map(next))).flat());
      front = [...reached].filter((one) => !seen.has(one)).sort();
      for (const one of front) {
        seen.add(one);
        const record = await store.record(namespace, one);
        if (record === undefined) forgotten.add(one);
        else found.push(record);
      }
    }
    return found;
  };
  const before = await follow(async (one) => {
    const record = await store.record(namespace, one);
    if (record === undefined) return [];
    const { references } = JSON.parse(record.view) as StoredView;
    return targets(references, 'supersedes').flatMap(idOf);
  });
  const after = await follow(async (one) =>
    (await store.namedBy(namespace, 'supersedes', [one])).map((named) => named.id),
  );
  return { before, after, forgotten: [...forgotten].sort() };
}

/** Other programs may have written anything. */
function idOf(text: string): readonly RecordId[] {
  try {
    return [parseRecordId(text)];
  } catch {
    return [];
  }
}
