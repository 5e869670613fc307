import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { connectionsTo } from '../src/measure/connections.js';

it('the connections of a server are counted from outside, also of a client that does not read', async () => {
  const server = createServer();
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(connectionsTo(port)).toBe(0);

  const accepted = once(server, 'connection');
  const client = connect({ host: '127.0.0.1', port }).pause();
  onTestFinished(() => void client.destroy());
  const [socket] = (await accepted) as [Socket];
  expect(connectionsTo(port)).toBe(1);

  socket.destroy();
  await once(socket, 'close');
  expect(connectionsTo(port)).toBe(0);
});
