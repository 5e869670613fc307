// The sync server that automerge-repo's documentation shows: WebSocket and file-system adapters.
import { Repo } from '@automerge/automerge-repo';
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket';
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs';
import { WebSocketServer } from 'ws';

const { PORT, DATA } = process.env;
const sockets = new WebSocketServer({ host: '127.0.0.1', port: Number(PORT) });
const repo = new Repo({
  network: [new WebSocketServerAdapter(sockets)],
  storage: new NodeFSStorageAdapter(DATA),
  peerId: 'server',
  sharePolicy: async () => false,
});
process.on('SIGTERM', async () => {
  await repo.flush();
  process.exit();
});
