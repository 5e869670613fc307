import { connect } from 'node:net';
import { documentWorker } from '@mnemesh/relay';
import { serve } from '@mnemesh/server';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { temporaryDirectory } from './place.js';
import { StockClient } from './stock-client.js';

async function startServer(data?: string, port = 0): Promise<Awaited<ReturnType<typeof serve>>> {
  const server = await serve({
    host: '127.0.0.1',
    port,
    data: data ?? (await temporaryDirectory()),
  });
  onTestFinished(() => server.close());
  return server;
}

/** What a fresh client reads, whose document is then gone. */
async function readAfresh(url: string, room: string): Promise<Y.Doc> {
  const client = await StockClient.join(url, room);
  client.leave();
  return client.document;
}

describe('unmodified y-websocket clients', () => {
  test('[CV] share a room, text with emphasis, maps and lists alike', async () => {
    const { url } = await startServer();
    const [ann, bob] = [await StockClient.join(url, 'a/b'), await StockClient.join(url, 'a/b')];
    ann.write('hällo 😀 ');
    bob.document.getMap('map').set('nested', new Y.Map([['deep', [1, null, { x: 2.5 }]]]));
    await bob.until(() => bob.text !== '');
    bob.document.getText('text').format(0, 5, { bold: true });
    bob.write('world');
    await ann.until(() => ann.text.endsWith('world'));
    expect(ann.document.getText('text').toDelta()).toEqual(bob.document.getText('text').toDelta());
    expect(ann.document.getMap('map').toJSON()).toEqual({
      nested: { deep: [1, null, { x: 2.5 }] },
    });
  });

  test('see each other come, move and go', async () => {
    const { url } = await startServer();
    const join = async (name: string): Promise<StockClient> => {
      const client = await StockClient.join(url, 'room');
      // Stock clients ignore each other's first, empty state.
      client.provider.awareness.setLocalState({ name });
      return client;
    };
    const [ann, bob] = [await join('Ann'), await join('Bob')];
    const bobs = bob.document.clientID;
    const stateOfBob = (): unknown => ann.provider.awareness.getStates().get(bobs);
    await ann.until(() => JSON.stringify(stateOfBob()) === '{"name":"Bob"}');
    bob.provider.awareness.setLocalState({ cursor: 5 });
    await ann.until(() => JSON.stringify(stateOfBob()) === '{"cursor":5}');
    const cleo = await join('Cleo');
    await cleo.until(() => cleo.present.length === 3);
    // Without a word, as a tab that is closed.
    bob.provider.ws?.close();
    bob.provider.shouldConnect = false;
    await ann.until(() => !ann.present.includes(bobs));
    await cleo.until(() => !cleo.present.includes(bobs));
  });

  test("hear their own presence, which is what the stock client's watchdog waits for", async () => {
    const { url } = await startServer();
    const ann = await StockClient.join(url, 'room');
    const heard = new Promise<void>((resolve) => {
      ann.provider.messageHandlers[1] = () => resolve();
    });
    ann.provider.awareness.setLocalState({ here: true });
    await heard;
  });

  test('[ND] go on across a restart of the relay, with what both wrote meanwhile', async () => {
    const data = await temporaryDirectory();
    const first = await startServer(data);
    const { url, port } = first;
    const [ann, bob] = [await StockClient.join(url, 'room'), await StockClient.join(url, 'room')];
    ann.write('before ');
    await bob.until(() => bob.text === 'before ');
    await first.close();
    ann.write('ann ');
    bob.write('bob ');
    bob.document.getText('text').delete(0, 'before '.length);
    await startServer(data, port);
    for (const client of [ann, bob]) {
      await client.until(() => client.text.length === 'ann bob '.length && client.provider.synced);
    }
    expect(ann.text).toBe(bob.text);
    const fresh = await StockClient.join(url, 'room');
    expect(fresh.text).toBe(ann.text);
  });

  test('[ND] a large room is there after a restart, for a fresh client and for one that has a part', async () => {
    const data = await temporaryDirectory();
    const first = await startServer(data);
    const { url, port } = first;
    const ann = await StockClient.join(url, 'room');
    const behind = new Y.Doc();
    for (let batch = 0; batch < 20; batch++) {
      ann.document.transact(() => {
        for (let i = 0; i < 100; i++) {
          const id = `${batch}-${i}`;
          ann.document.getMap('records').set(id, { id, text: 'x'.repeat(1_000) });
        }
      });
      if (batch === 10) Y.applyUpdate(behind, Y.encodeStateAsUpdate(ann.document));
    }
    const reader = await StockClient.join(url, 'room');
    await reader.until(() => reader.document.getMap('records').size === 2_000);
    await first.close();
    ann.leave();
    reader.leave();
    await startServer(data, port);
    expect((await readAfresh(url, 'room')).getMap('records').size).toBe(2_000);
    behind.getMap('records').set('mine', true);
    const again = await StockClient.join(url, 'room', behind);
    await again.until(() => behind.getMap('records').size === 2_001);
    expect(behind.store.pendingStructs).toBeNull();
    const other = await StockClient.join(url, 'room');
    await other.until(() => other.document.getMap('records').has('mine'));
  });

  test('what was overwritten ten thousand times is small for whoever comes', async () => {
    const { url } = await startServer();
    const ann = await StockClient.join(url, 'room');
    const bob = await StockClient.join(url, 'room');
    for (let i = 0; i < 10_000; i++) ann.document.getMap('map').set('key', i);
    await bob.until(() => bob.document.getMap('map').get('key') === 9_999);
    ann.leave();
    bob.leave();
    const document = await readAfresh(url, 'room');
    expect(document.getMap('map').get('key')).toBe(9_999);
    expect(Y.encodeStateAsUpdate(document).length).toBeLessThan(300);
  });

  test('[BD] nothing that is sent to the port ends the server', async () => {
    const { url, port } = await startServer();
    const ann = await StockClient.join(url, 'room');
    const messages: (Uint8Array | string)[] = [
      '',
      'text',
      new Uint8Array(0),
      new Uint8Array(64).fill(0xff),
      Uint8Array.of(0, 2, 200, 1),
      Uint8Array.of(0, 2, 4, 1, 1, 1, 1),
      Uint8Array.of(1, 3, 1, 1, 1),
    ];
    for (const message of messages) {
      const code = await new Promise<number>((resolve) => {
        const socket = new WebSocket(`${url}/room`);
        socket.on('open', () => socket.send(message));
        socket.on('close', resolve);
      });
      expect(code).toBe(4500);
    }
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.end('GET /room HTTP/1.1\r\n\r\n'));
      socket.on('error', () => undefined);
      socket.on('close', () => resolve());
      socket.resume();
    });
    const bob = await StockClient.join(url, 'room');
    ann.write('still here');
    await bob.until(() => bob.text === 'still here');
  });

  test.each(['', 'mesh/demo'])('are told for good that "%s" is no room', async (room) => {
    const { url } = await startServer();
    const client = new StockClient(url, room);
    const closed = new Promise<{ code: number }>((resolve) =>
      client.provider.on('closed', resolve),
    );
    expect(await closed).toMatchObject({ code: 4403 });
  });

  test('are named by their path alone, whatever their parameters', async () => {
    const { url } = await startServer();
    const ann = await StockClient.join(url, 'room');
    const bob = await StockClient.join(url, 'room?token=abc');
    ann.write('hello');
    await bob.until(() => bob.text === 'hello');
  });
});

test('the worker folds as the event loop would', async () => {
  const worker = documentWorker();
  onTestFinished(() => worker.close());
  const document = new Y.Doc();
  const updates: Uint8Array[] = [];
  document.on('update', (update: Uint8Array) => updates.push(update));
  for (let i = 0; i < 100; i++) document.getMap('map').set('key', i);
  const { update } = await worker.fold(updates);
  expect(update).toEqual(Y.encodeStateAsUpdate(document));
});
