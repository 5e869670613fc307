/** Format 1. Never edited: a later format is a step of its own in the chain. */
export const SCHEMA_1 = `
CREATE TABLE identity (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  replica TEXT NOT NULL,
  counter INTEGER NOT NULL,
  nonce TEXT NOT NULL,
  clean INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Everything else names a document by its number. One that was never made known has no segment.
-- Numbers are not reused: rows that outlive their document must not fall to another.
CREATE TABLE documents (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  guid TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL,
  segment TEXT,
  checksum INTEGER NOT NULL
) STRICT;

-- Documents that hold something the relay is not known to hold.
CREATE TABLE unacked (document INTEGER PRIMARY KEY) STRICT;

-- Documents that lost elements which are to be put back.
CREATE TABLE lacking (document INTEGER PRIMARY KEY) STRICT;

CREATE TABLE updates (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  document INTEGER NOT NULL,
  size INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;
CREATE INDEX updates_document ON updates (document, size);

CREATE TABLE snapshots (
  document INTEGER PRIMARY KEY,
  through INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE commits (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  digest BLOB NOT NULL UNIQUE,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE envelopes (
  number INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  version BLOB NOT NULL,
  id TEXT NOT NULL,
  field TEXT NOT NULL,
  agent BLOB NOT NULL,
  session BLOB NOT NULL,
  clock INTEGER NOT NULL,
  commit_number INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (document, version)
) STRICT;
CREATE INDEX envelopes_id ON envelopes (id);
CREATE INDEX envelopes_commit ON envelopes (commit_number);

CREATE TABLE records (
  number INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  collection TEXT NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  archived INTEGER NOT NULL,
  conflicted INTEGER NOT NULL,
  state TEXT,
  ref TEXT,
  checksum INTEGER NOT NULL,
  text TEXT NOT NULL,
  view TEXT NOT NULL,
  UNIQUE (id, namespace)
) STRICT;
CREATE INDEX records_newest ON records (created, id, archived);
CREATE INDEX records_collection ON records (collection, created, id, archived);
CREATE INDEX records_state ON records (collection, state, created, id, archived);
CREATE INDEX records_namespace ON records (namespace, collection, created, id, archived);
CREATE INDEX records_conflicted ON records (created, id) WHERE conflicted = 1;
CREATE INDEX records_ref ON records (namespace, ref) WHERE ref IS NOT NULL;

CREATE TABLE cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  incarnation TEXT NOT NULL,
  number INTEGER NOT NULL,
  subscription TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE known (
  guid TEXT PRIMARY KEY,
  checksum INTEGER NOT NULL,
  state BLOB NOT NULL
) STRICT;

CREATE TABLE awaited (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  guid TEXT NOT NULL UNIQUE,
  namespace TEXT NOT NULL,
  segment TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;

-- Documents with rows in quarantine that nobody has made good yet.
CREATE TABLE damage (
  document INTEGER PRIMARY KEY,
  rows INTEGER NOT NULL
) STRICT;

-- Rows that do not hold what was written into them, for people to look at. Nothing reads it.
CREATE TABLE quarantine (
  number INTEGER PRIMARY KEY,
  opening INTEGER NOT NULL,
  found_in TEXT NOT NULL,
  reason TEXT NOT NULL,
  fields TEXT NOT NULL,
  bytes BLOB
) STRICT;
`;

/** Format 2: the search index. It is derived from the records, so that whatever befalls it, it is built anew. */
export const SCHEMA_2 = `
-- Which terms are indexed, and how many blocks of records are. The records after them are searched as they are.
CREATE TABLE search (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  terms INTEGER NOT NULL,
  folded INTEGER NOT NULL
) STRICT;

-- Indexed records that a query's filters cannot tell apart: how many, and terms in their texts.
CREATE TABLE search_scopes (
  number INTEGER PRIMARY KEY,
  namespace TEXT NOT NULL,
  collection TEXT NOT NULL,
  archived INTEGER NOT NULL,
  records INTEGER NOT NULL,
  length INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  UNIQUE (namespace, collection, archived)
) STRICT;

-- For each record of a block: its scope, its length, when it was created.
CREATE TABLE search_slots (
  block INTEGER PRIMARY KEY,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

-- For each term of a block: which records hold it, and how often. Blocks of one shelf lie together by
-- their terms: a search looks once into each shelf, and folding a block touches the last shelf alone.
CREATE TABLE search_postings (
  shelf INTEGER NOT NULL,
  term TEXT NOT NULL,
  block INTEGER NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (shelf, term, block)
) STRICT, WITHOUT ROWID;
`;

/** What records refer to, from the other end, and by which rules they were projected. Derived from the envelopes. */
export const SCHEMA_REFERENCES = `
CREATE TABLE record_references (
  number INTEGER PRIMARY KEY,
  document INTEGER NOT NULL,
  namespace TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  target TEXT NOT NULL,
  checksum INTEGER NOT NULL
) STRICT;
CREATE INDEX record_references_id ON record_references (id, namespace);
CREATE INDEX record_references_target ON record_references (kind, target, namespace, id);

CREATE TABLE projections (
  namespace TEXT PRIMARY KEY,
  checksum INTEGER NOT NULL,
  rules TEXT NOT NULL
) STRICT;
`;

/**
 * Format 4: what a record is a part of, and where in it. Texts are kept as they were written, and the index
 * says more of each record, so both are derived anew; see `derive-records.ts`.
 */
export const SCHEMA_THREADS = `
ALTER TABLE records ADD COLUMN thread TEXT;
ALTER TABLE records ADD COLUMN position INTEGER;
CREATE INDEX records_thread ON records (namespace, thread, position, created, id) WHERE thread IS NOT NULL;

-- What embedders made of records' texts; gone with the text.
CREATE TABLE vectors (
  record INTEGER NOT NULL,
  embedder TEXT NOT NULL,
  checksum INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (record, embedder)
) STRICT, WITHOUT ROWID;
`;

/** The mark of documents whose rows, or the file around them, may still hold bytes of forgotten records. */
export const SCHEMA_UNSCRUBBED = `
CREATE TABLE unscrubbed (document INTEGER PRIMARY KEY) STRICT;
`;
