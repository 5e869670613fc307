/** What the made-up teams of the evaluation work on. Written for it; nothing here is anybody's data. */
export const services = [
  'billing',
  'search',
  'ingest',
  'gateway',
  'mailer',
  'ledger',
  'scheduler',
  'catalog',
  'inventory',
  'telemetry',
  'identity',
  'checkout',
  'thumbnailer',
  'webhooks',
  'reports',
] as const;

export const attributes = [
  ['retry limit', ['three attempts', 'five attempts', 'no attempts at all', 'nine attempts']],
  ['deploy day', ['Monday', 'Wednesday', 'Thursday', 'Sunday']],
  ['database engine', ['Postgres', 'SQLite', 'MariaDB', 'DuckDB']],
  ['owner team', ['the Otter team', 'the Heron team', 'the Badger team', 'the Lynx team']],
  ['log retention', ['seven days', 'thirty days', 'ninety days', 'one year']],
  ['default port', ['port 7100', 'port 8443', 'port 9090', 'port 5050']],
] as const;

export const decisions = [
  'drop support for XML payloads',
  'freeze the public API until spring',
  'rewrite the importer in Rust',
  'adopt trunk based development',
  'move standup to the afternoon',
  'encrypt backups with a hardware key',
  'ship the mobile client without push',
  'keep the monolith for another year',
  'rotate credentials every month',
  'cap uploads at forty megabytes',
  'retire the legacy dashboard',
  'translate the manual into Portuguese',
] as const;

export const paths = [
  'packages/relay/src/lane-queue.ts',
  'src/auth/SessionTokenStore.java',
  'internal/wal/segment_reader.go',
  'lib/parsers/csv_dialect.py',
  'apps/console/routes/memberList.svelte',
  'crates/codec/src/varint_decode.rs',
  'deploy/helm/values-staging.yaml',
  'tools/bench/fan_out_probe.ts',
  'docs/runbooks/disk-full.md',
  'migrations/0042_add_tenant_index.sql',
] as const;

export const identifiers = [
  'parseFrameHeader',
  'ERR_LEASE_EXPIRED',
  'max_inflight_batches',
  'HttpRetryBudget',
  'useOfflineQueue',
  'TENANT_SHARD_COUNT',
  'computeDigestAsync',
  'rate_limit_window_ms',
  'XmlBodyReader',
  'flushPendingWrites',
] as const;

export const unknownSubjects = [
  'the color of the office sofa',
  'how to train a falcon',
  'which violin concerto opened the gala',
  'the recipe for rhubarb pudding',
  'who won the chess tournament in Reykjavik',
  'glacier thickness near Svalbard',
  'the wingspan of an albatross',
  'medieval bridge tolls in Prague',
  'orchid pollination by moths',
  'the tuning of a hurdy gurdy',
] as const;

export const chatter = [
  'Pairing went well today and everybody left early',
  'The review queue is long again, please take one',
  'Remember to stretch during long builds',
  'The new keyboards arrived and are on the shelf',
  'Lunch on Tuesday is moved to the small kitchen',
  'Nightly build was green for a week',
  'Somebody should water the plants by the window',
  'Thanks for the quick fix yesterday',
] as const;
