import type { Mesh } from '@mnemesh/core';
import type { RecordId } from '@mnemesh/protocol';
import * as encoding from 'lib0/encoding';
import { expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import * as Y from 'yjs';
import { startPeer, startSignaling } from './peers.js';
import { inSync, startRelay, startReplica, temporaryDirectory } from './place.js';
import { StockClient } from './stock-client.js';

const WAIT = { timeout: 20_000 };

async function textAt(mesh: Mesh, id: RecordId): Promise<string | undefined> {
  return (await mesh.prose.get(id))?.text;
}

async function hasText(text: string, id: RecordId, ...at: readonly Mesh[]): Promise<void> {
  for (const mesh of at) await expect.poll(() => textAt(mesh, id), WAIT).toBe(text);
}

function join(url: string, id: RecordId, document?: Y.Doc): Promise<StockClient> {
  return StockClient.join(`${url}/prose/team`, id, document);
}

/** An update message of the y-websocket protocol. */
function updateMessage(update: Uint8Array): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  encoding.writeVarUint(encoder, 2);
  encoding.writeVarUint8Array(encoder, update);
  return encoding.toUint8Array(encoder);
}

/** Sends a message as a plain client. @returns the code the relay closes with */
function send(url: string, path: string, message: Uint8Array): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url}/prose/${path}`);
    socket.on('open', () => socket.send(message));
    socket.on('error', () => undefined);
    socket.on('close', resolve);
  });
}

test('[CV] two replicas and an unmodified y-websocket client type into one document at once', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const bob = await startReplica(await temporaryDirectory(), 'bob', relay.url);
  const { id } = await ana.prose.create({ title: 'Notes', text: '·' });
  await hasText('·', id, bob);
  const client = await join(relay.url, id);
  expect(client.text).toBe('·');
  const [left, right] = await Promise.all([ana.prose.open(id), bob.prose.open(id)]);
  for (let i = 0; i < 20; i++) {
    left.content.insert(0, 'a');
    right.content.insert(right.content.length, 'b');
    client.write('c');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const isWhole = (text: string): boolean =>
    text.replace(/[^a]/g, '').length === 20 && text.length === 61;
  await client.until(() => isWhole(client.text));
  await hasText(client.text, id, ana, bob);
  await expect.poll(() => [left.text(), right.text()], WAIT).toEqual([client.text, client.text]);
  client.document.getText('text').delete(0, 20);
  await hasText(client.text, id, ana, bob);
  expect((await bob.recall('notes')).hits).toMatchObject([{ id }]);
});

test('[CV] what an unmodified client and a replica typed apart merges when they meet', async () => {
  const directory = await temporaryDirectory();
  const relay = await startRelay(directory);
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Notes', text: 'one\ntwo\n' });
  await ana.acked();
  const client = await join(relay.url, id);
  await relay.close();
  client.write('from the client\n');
  await ana.prose.replace(id, 'ONE\ntwo\n');
  const again = await startRelay(directory, relay.port);
  await hasText('ONE\ntwo\nfrom the client\n', id, ana);
  await client.until(() => client.text === 'ONE\ntwo\nfrom the client\n');
  const fresh = await join(again.url, id);
  expect(fresh.text).toBe(client.text);
});

test('[CV] two peers edit a document over a WebRTC link, without a relay', async () => {
  const signaling = await startSignaling();
  const webrtc = { signaling: [signaling.url] };
  const [ana, bob] = [await startPeer('ana', { webrtc }), await startPeer('bob', { webrtc })];
  const { id } = await ana.mesh.prose.create({ title: 'Notes', text: 'between' });
  await hasText('between', id, bob.mesh);
  const [left, right] = [await ana.mesh.prose.open(id), await bob.mesh.prose.open(id)];
  left.content.insert(0, 'left ');
  right.content.insert(right.content.length, ' right');
  await expect
    .poll(() => [left.text(), right.text()], WAIT)
    .toEqual(['left between right', 'left between right']);
});

test('[ND] what a plain client sent is in the log of the mesh, folded and after a restart, for replicas and clients alike', async () => {
  const directory = await temporaryDirectory();
  const relay = await startRelay(directory);
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Long' });
  await ana.acked();
  const client = await join(relay.url, id);
  const behind = new Y.Doc();
  for (let i = 0; i < 1_200; i++) {
    client.write(`${i}\n`);
    if (i % 3 === 0) client.document.getText('text').delete(0, 1);
    if (i === 600) Y.applyUpdate(behind, Y.encodeStateAsUpdate(client.document));
    // Each in a message of its own, so that there are rows to fold.
    if (i % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await hasText(client.text, id, ana);
  await expect.poll(() => relay.relay.status().counters.folds, WAIT).toBeGreaterThan(0);
  await ana.close();
  client.leave();
  await relay.close();
  const again = await startRelay(directory);
  const fresh = await join(again.url, id);
  expect(fresh.text).toBe(client.text);
  const late = await join(again.url, id, behind);
  await late.until(() => late.text === client.text);
  expect(behind.store.pendingStructs).toBeNull();
  const bob = await startReplica(await temporaryDirectory(), 'bob', again.url);
  await hasText(client.text, id, bob);
});

test('[AU] a plain client creates no document, and is let in when a replica has brought it', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const directory = await temporaryDirectory();
  const ana = await startReplica(directory, 'ana');
  const { id } = await ana.prose.create({ title: 'Later', text: 'here' });
  await ana.close();
  const client = new StockClient(`${relay.url}/prose/team`, id);
  const codes: number[] = [];
  client.provider.on('connection-close', (event) => codes.push(event?.code ?? 0));
  await client.until(() => codes.length > 0);
  expect(codes[0]).toBe(4505);
  await startReplica(directory, 'ana', relay.url);
  await client.until(() => client.text === 'here');
  for (const path of ['', 'team', 'team/nonsense', `TEAM/${id}`, 'team/1.notaulid'])
    expect(await send(relay.url, path, Uint8Array.of(3)), path).toBe(4403);
});

test('[BD] what is malformed, oversized or without what it follows on is refused, and harms nobody', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Target', text: 'safe' });
  await ana.acked();
  const client = await join(relay.url, id);
  for (const message of [
    new Uint8Array(0),
    new Uint8Array(64).fill(0xff),
    Uint8Array.of(0, 2, 200, 1),
    updateMessage(Uint8Array.of(1, 1, 1, 1)),
  ])
    expect(await send(relay.url, `team/${id}`, message)).toBe(4500);

  // A gap: the second of two updates, without the first.
  const doc = new Y.Doc();
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  doc.getText('text').insert(0, 'lost');
  doc.getText('text').insert(4, ' gap');
  const before = relay.relay.status().meshes[0]?.head;
  const socket = new WebSocket(`${relay.url}/prose/team/${id}`);
  onTestFinished(() => socket.terminate());
  const asked = new Promise<void>((resolve) => {
    let vectors = 0;
    // It is asked for its state once as everybody, and once more for what is missing.
    socket.on('message', (data: Buffer) => {
      if (data[0] === 0 && data[1] === 0 && ++vectors === 2) resolve();
      if (vectors === 1 && data[0] === 0 && data[1] === 0) {
        socket.send(Uint8Array.of(0, 1, 2, 0, 0));
        socket.send(updateMessage(updates[1] as Uint8Array));
      }
    });
  });
  await asked;
  expect(relay.relay.status().meshes[0]?.head).toBe(before);

  const large = new Y.Doc();
  large.getText('text').insert(0, 'x'.repeat(9 * 1024 * 1024));
  const code = await send(relay.url, `team/${id}`, updateMessage(Y.encodeStateAsUpdate(large)));
  expect(code).toBe(1009);

  client.write(' and sound');
  await hasText('safe and sound', id, ana);
});

test('[BD] a plain client adds nothing to a document that is full', async () => {
  const limits = { proseLimits: { roomBytes: 2_000 } };
  const relay = await startRelay(await temporaryDirectory(), 0, limits);
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Full', text: 'x'.repeat(1_000) });
  await ana.acked();
  const client = await join(relay.url, id);
  const closed = new Promise<number>((resolve) => {
    client.provider.on('connection-close', (event) => resolve(event?.code ?? 0));
  });
  client.write('y'.repeat(2_000));
  expect(await closed).toBe(4403);
  expect(await textAt(ana, id)).toBe('x'.repeat(1_000));
});

test('clients of one document see each other come, move and go', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Room' });
  await ana.acked();
  const [one, two] = [await join(relay.url, id), await join(relay.url, id)];
  one.provider.awareness.setLocalState({ name: 'one' });
  const seen = (): unknown => two.provider.awareness.getStates().get(one.document.clientID);
  await two.until(() => JSON.stringify(seen()) === '{"name":"one"}');
  expect(relay.relay.status().prose).toMatchObject({ links: 2, rooms: 1 });
  one.leave();
  await two.until(() => seen() === undefined);
});

test('[DL] a forgotten document is gone from the relay, and whoever is in it is sent away', async () => {
  const relay = await startRelay(await temporaryDirectory());
  const ana = await startReplica(await temporaryDirectory(), 'ana', relay.url);
  const { id } = await ana.prose.create({ title: 'Secret', text: 'zanzibar' });
  await ana.acked();
  const client = await join(relay.url, id);
  const closed = new Promise<number>((resolve) => {
    client.provider.on('connection-close', (event) => resolve(event?.code ?? 0));
  });
  await ana.prose.forget(id);
  expect(await closed).toBe(4403);
  client.leave();
  await expect.poll(async () => (await ana.prose.forgotten(id))?.outstanding.length, WAIT).toBe(0);
  expect(await send(relay.url, `team/${id}`, Uint8Array.of(3))).toBe(4403);
  const bob = await startReplica(await temporaryDirectory(), 'bob', relay.url);
  await inSync(bob);
  expect(await bob.prose.list()).toEqual([]);
});
