import type { MeshStatus } from '@mnemesh/core';
import { expect, test } from 'vitest';
import { countByDay } from '../src/app/memory/questions.js';
import { drawMesh, sheets, standingOf, standingText } from '../src/app/mesh/mesh-layout.js';
import { readJoinCode, writeJoinCode } from '../src/app/session/join-code.js';
import { readLink, readSettings, relayOfOrigin } from '../src/app/session/settings.js';
import { layOut } from '../src/app/tasks/graph-layout.js';
import { isLegal, neighbour } from '../src/app/tasks/moves.js';
import { plotColumns, ticksOf } from '../src/app/usage/plot-columns.js';
import {
  byStep,
  type Spent,
  stepsOf,
  sumsBy,
  total,
  usageRows,
} from '../src/app/usage/usage-sums.js';

const ana = 'a'.repeat(64) as Spent['createdBy'];
const bo = 'b'.repeat(64) as Spent['createdBy'];
const spent = (given: Partial<Spent>): Spent => ({
  createdBy: ana,
  createdAt: '2026-03-05T23:30:00.000Z',
  ...given,
});

test('usage is summed by the day it happened, by who wrote it and by the model it names', () => {
  const rows = usageRows([
    spent({ model: 'large', tokensIn: 10, tokensOut: 1, cost: 0.5, at: '2026-03-01T10:00' }),
    spent({ model: 'large', tokensIn: 20, at: '2026-03-01T22:00' }),
    spent({ createdBy: bo, tokensOut: 5 }),
    spent({ model: 'large' }),
  ]);
  expect(rows).toEqual([
    {
      day: '2026-03-01',
      agent: ana,
      model: 'large',
      tokensIn: 30,
      tokensOut: 1,
      cost: 0.5,
      events: 2,
    },
    {
      day: '2026-03-05',
      agent: bo,
      model: 'unnamed',
      tokensIn: 0,
      tokensOut: 5,
      cost: 0,
      events: 1,
    },
  ]);
  expect(total(rows)).toEqual({ tokensIn: 30, tokensOut: 6, cost: 0.5, events: 3 });
  expect(sumsBy(rows, 'model').map(([model]) => model)).toEqual(['large', 'unnamed']);
  expect(stepsOf(rows, 60)).toEqual({
    days: 1,
    steps: ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04', '2026-03-05'],
  });
  // Of a longer time, each bar stands for several days, and nothing is left out.
  const { steps } = stepsOf(rows, 2);
  expect(steps).toEqual(['2026-02-28', '2026-03-03']);
  expect(byStep(rows, steps).map(({ day, tokensIn }) => [day, tokensIn])).toEqual([
    ['2026-02-28', 30],
    ['2026-03-03', 0],
  ]);
});

test('bars stand on each other, and the scale ends above the highest in round steps', () => {
  const rows = usageRows([
    spent({ model: 'large', cost: 3, at: '2026-03-01' }),
    spent({ model: 'small', cost: 1, at: '2026-03-01' }),
  ]);
  const [column] = plotColumns(rows, ['2026-03-01'], ['large', 'small'], 'model', 'cost');
  expect(column?.parts).toEqual([
    { series: 'large', value: 3, from: 0, to: 3 },
    { series: 'small', value: 1, from: 3, to: 4 },
  ]);
  expect(ticksOf(0.216)).toEqual([0, 0.1, 0.2, 0.3]);
  expect(ticksOf(4)).toEqual([0, 1, 2, 3, 4]);
  expect(ticksOf(0)).toEqual([0, 1]);
});

test('a day on which nothing was written stands between those on which something was', () => {
  const at = (createdAt: string) => ({ createdAt });
  expect(
    countByDay([at('2026-03-03T01:00'), at('2026-03-01T01:00'), at('2026-03-01T02:00')]),
  ).toEqual([
    { day: '2026-03-01', count: 2 },
    { day: '2026-03-02', count: 0 },
    { day: '2026-03-03', count: 1 },
  ]);
});

test('brackets move to the next state that may follow, and an end moves nowhere', () => {
  expect(neighbour('submitted', 'right')).toBe('working');
  expect(neighbour('working', 'left')).toBe('submitted');
  expect(neighbour('submitted', 'left')).toBeUndefined();
  expect(neighbour('completed', 'right')).toBeUndefined();
  expect(isLegal('failed', 'working')).toBe(false);
});

test('what others wait for stands to the left, rings are drawn too, and equal tasks give equal places', () => {
  const tasks = [
    { id: 'c', dependencies: [{ type: 'blocks', on: 'beads:b' }] },
    { id: 'b', ref: 'beads:b', dependencies: [{ type: 'blocks', on: 'a' }] },
    { id: 'a', dependencies: [{ type: 'blocks', on: 'unknown' }] },
    { id: 'x', dependencies: [{ type: 'blocks', on: 'y' }] },
    { id: 'y', dependencies: [{ type: 'blocks', on: 'x' }] },
    { id: 'alone', dependencies: [] },
  ];
  const { places, edges } = layOut(tasks);
  const x = (id: string): number => places.get(id)?.x ?? Number.NaN;
  expect(x('a')).toBeLessThan(x('b'));
  expect(x('b')).toBeLessThan(x('c'));
  expect(places.has('alone')).toBe(false);
  expect(edges.map(({ task, on }) => `${task} ${on}`)).toEqual(['c b', 'b a', 'x y', 'y x']);
  expect(layOut(tasks)).toEqual(layOut(tasks));
  expect(layOut([]).places.size).toBe(0);
});

const session = (replica: string) =>
  ({ replica, agent: `agent of ${replica}` }) as unknown as Parameters<typeof drawMesh>[2][number];

test('the mesh is drawn with this replica linked to its relay, and others heard of', () => {
  const transports = [
    { kind: 'relay', address: 'ws://here', state: 'connected', links: 1, peers: [] },
  ] as const;
  const { nodes, edges } = drawMesh(
    'own',
    { transports, offline: false },
    [session('own'), session('other')],
    sheets.narrow,
  );
  expect(nodes.map(({ id, what }) => [id, what])).toEqual([
    ['relay ws://here', 'relay'],
    ['own', 'own'],
    ['other', 'replica'],
  ]);
  expect(edges).toEqual([
    { from: 'own', to: 'relay ws://here', what: 'relay', isUp: true },
    { from: 'other', to: 'relay ws://here', what: 'heard', isUp: true },
  ]);
  for (const { x, y } of nodes) {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(sheets.narrow.width);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(sheets.narrow.height);
  }
  const cut = drawMesh('own', { transports, offline: true }, [], sheets.wide);
  expect(cut.edges.every(({ isUp }) => !isUp)).toBe(true);
});

test('a link to a peer is drawn to the replica at its other end, with or without a session there', () => {
  const peers = ['silent', 'talking'] as unknown as readonly MeshStatus['replica'][];
  const transports = [
    { kind: 'relay', address: 'ws://here', state: 'connecting', links: 0, peers: [] },
    { kind: 'peer', address: 'peers', state: 'connected', links: 2, peers },
  ] as const;
  const present = [session('own'), session('talking'), session('far')];
  const { nodes, edges } = drawMesh('own', { transports, offline: false }, present, sheets.wide);
  expect(nodes.map(({ id }) => id)).toEqual(['relay ws://here', 'own', 'far', 'silent', 'talking']);
  expect(edges).toEqual([
    { from: 'own', to: 'relay ws://here', what: 'relay', isUp: false },
    { from: 'far', to: 'relay ws://here', what: 'heard', isUp: true },
    { from: 'own', to: 'silent', what: 'peer', isUp: true },
    { from: 'own', to: 'talking', what: 'peer', isUp: true },
  ]);
});

test('a replica is said to be as far as the session says that was heard of it last', () => {
  const all = { unsaved: 0, unacked: 0, awaited: 0, synced: false };
  expect(standingText({ ...all, synced: true })).toBe('synced');
  expect(standingText({ ...all, unacked: 2, synced: true })).toBe('synced with peers');
  expect(standingText({ ...all, unsaved: 1, unacked: 2, awaited: 3 })).toBe(
    '1 not saved, 2 not acked, 3 to fetch',
  );
  expect(standingText(all)).toBe('all saved');
  const told = (seenAt: string, standing?: typeof all) => ({ ...session('one'), seenAt, standing });
  const sessions = [
    told('2026-01-01', all),
    told('2026-01-03'),
    told('2026-01-02', { ...all, unacked: 1 }),
  ];
  expect(standingOf(sessions as Parameters<typeof standingOf>[0])).toMatchObject({ unacked: 1 });
  expect(standingOf([])).toBeUndefined();
});

test('a code of `mnemesh invite` is read, and what is none is not', () => {
  const code = { mesh: 'atlas', secret: 'abc-_1', signaling: ['ws://127.0.0.1:7701'] };
  expect(readJoinCode(` ${writeJoinCode(code)}\n`)).toEqual(code);
  expect(readJoinCode('mnemesh-join.%%%')).toBeUndefined();
  expect(readJoinCode('hello')).toBeUndefined();
});

test('a link suggests what it names, and settings that cannot be read are none', () => {
  expect(readLink('#mesh=atlas&relay=ws%3A%2F%2Fhere')).toEqual({
    mesh: 'atlas',
    relay: 'ws://here',
  });
  expect(readLink('')).toEqual({});
  expect(relayOfOrigin('http://127.0.0.1:7700')).toBe('ws://127.0.0.1:7700');
  expect(relayOfOrigin('https://relay.example')).toBe('wss://relay.example');
  const kept = (text: string | null) => ({ getItem: () => text }) as unknown as Storage;
  expect(readSettings(kept(null))).toBeUndefined();
  expect(readSettings(kept('{'))).toBeUndefined();
  expect(readSettings(kept('{"mesh":1}'))).toBeUndefined();
  expect(readSettings(kept('{"mesh":"atlas","name":"ana"}'))).toEqual({
    mesh: 'atlas',
    name: 'ana',
  });
});
