// The floor: the smallest durable relay for stock y-websocket clients that one can write in Node. It
// decodes no document while forwarding, checks nothing and limits nothing. No product could be this
// small; it shows how far from the limit the others are.
import { mkdirSync } from 'node:fs';
import { WebSocketServer } from 'ws';
import { FloorRoom } from './floor-room.js';

const { PORT, DATA, MERGE } = process.env;
const directory = DATA as string;
const rooms = new Map<string, FloorRoom>();

mkdirSync(directory, { recursive: true });
const sockets = new WebSocketServer({ host: '127.0.0.1', port: Number(PORT) });

sockets.on('connection', (socket, request) => {
  socket.binaryType = 'nodebuffer';
  const name = encodeURIComponent((request.url ?? '/').slice(1));
  let room = rooms.get(name);
  if (room === undefined) {
    room = new FloorRoom(directory, name, MERGE === '1');
    rooms.set(name, room);
  }
  const joined = room;
  joined.join(socket);
  socket.on('message', (message: Buffer) => joined.receive(socket, message));
  socket.on('close', () => {
    if (joined.leave(socket)) rooms.delete(name);
  });
  socket.on('error', () => socket.terminate());
});

process.once('SIGTERM', () => {
  void Promise.all([...rooms.values()].map((room) => room.saved())).then(() => process.exit());
});
