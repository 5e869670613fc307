// Holds the lock of the store in argv[2] until it is killed. Built files are not needed: plain SQLite is what a foreign holder is.

import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [, , directory, announce] = process.argv;
const require = createRequire(import.meta.url);
const { DatabaseSync } =
  process.getBuiltinModule?.('node:sqlite') ?? require('@photostructure/sqlite');
const database = new DatabaseSync(join(directory, 'lock.db'));
database.exec('BEGIN EXCLUSIVE');
if (announce === 'yes') writeFileSync(join(directory, 'lock.pid'), `${process.pid}\n`);
process.stdout.write('held\n');
setInterval(() => database, 60_000);
