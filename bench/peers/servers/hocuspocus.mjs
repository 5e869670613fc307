// Hocuspocus with all its defaults; with its SQLite extension if a folder is given.
import { join } from 'node:path';
import { SQLite } from '@hocuspocus/extension-sqlite';
import { Server } from '@hocuspocus/server';

const { PORT, DATA } = process.env;
const server = new Server({
  port: Number(PORT),
  address: '127.0.0.1',
  quiet: true,
  extensions: DATA ? [new SQLite({ database: join(DATA, 'hocuspocus.sqlite') })] : [],
});
await server.listen();
