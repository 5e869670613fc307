/** What the database holds. Rows are in `rows.ts`; what has no key path is kept under the key named here. */
export type StoreName =
  | 'meta'
  | 'documents'
  | 'updates'
  | 'snapshots'
  | 'commits'
  | 'envelopes'
  | 'records'
  | 'references'
  | 'projections'
  | 'known'
  | 'awaited'
  | 'vectors'
  | 'damage'
  | 'quarantine'
  | 'fence';

/** One change of a store's content, made inside a transaction. */
export type Put = (stores: (name: StoreName) => IDBObjectStore) => void;

/** Makes a database of one format into one of the next. */
type Step = (database: IDBDatabase) => void;

/** Never edited: a later format is a step of its own at the end. */
const steps: readonly Step[] = [createFirst, addFence];

/** The format this code reads and writes: the version of its databases. */
export const FORMAT = steps.length;

/** Runs in the transaction that `upgradeneeded` brings. @param from 0 for a database that is new */
export function migrate(database: IDBDatabase, from: number): void {
  for (const step of steps.slice(from)) step(database);
}

function createFirst(database: IDBDatabase): void {
  database.createObjectStore('meta'); // by name: identity, cursor, numbers, embedders, whole
  database.createObjectStore('documents', { keyPath: 'guid' });
  database.createObjectStore('updates'); // by UpdateKey
  database.createObjectStore('snapshots', { keyPath: 'guid' });
  database.createObjectStore('commits'); // by [guid, digest]

  const envelopes = database.createObjectStore('envelopes', { keyPath: ['guid', 'version'] });
  envelopes.createIndex('record', ['namespace', 'id']);
  envelopes.createIndex('commit', ['guid', 'commit']);

  const records = database.createObjectStore('records', { keyPath: ['namespace', 'id'] });
  const newest = ['archived', 'created', 'id'];
  records.createIndex('newest', newest);
  records.createIndex('collection', ['collection', ...newest]);
  records.createIndex('state', ['collection', 'state', ...newest]);
  records.createIndex('namespace', ['namespace', 'collection', ...newest]);
  records.createIndex('conflicted', ['conflicted', ...newest]);
  records.createIndex('ref', ['namespace', 'ref', 'created', 'id']);
  records.createIndex('thread', ['namespace', 'thread', 'position', 'created', 'id']);

  const references = database.createObjectStore('references', { keyPath: ['namespace', 'id'] });
  references.createIndex('target', 'targets', { multiEntry: true });

  database.createObjectStore('projections'); // rules, by namespace
  database.createObjectStore('known'); // states, by guid
  database.createObjectStore('awaited', { keyPath: 'guid' });
  database.createObjectStore('vectors', { keyPath: ['embedder', 'namespace', 'id'] });
  database.createObjectStore('damage'); // rows kept aside, by guid
  const quarantine = database.createObjectStore('quarantine', { autoIncrement: true });
  quarantine.createIndex('guid', 'guid');
}

function addFence(database: IDBDatabase): void {
  database.createObjectStore('fence'); // by generation, see `fence.ts`
}
