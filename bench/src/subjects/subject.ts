import { fileURLToPath } from 'node:url';
import type { ClientKind } from '../clients/client.js';
import { peersDirectory } from '../clients/doors.js';

export const subjectNames = [
  'floor',
  'floor-merge',
  'yws',
  'yws-leveldb',
  'hocuspocus',
  'hocuspocus-sqlite',
  'automerge',
  'mnemesh',
  'mnemesh-mesh',
] as const;
export type SubjectName = (typeof subjectNames)[number];

/** One row of the tables: a server as its makers ship it, and the client that its users would take. */
export interface Subject {
  readonly name: SubjectName;
  readonly client: ClientKind;
  /** Where clients find it, given the port it was told. */
  readonly url: (port: number) => string;
  readonly server: (place: ServerPlace) => ServerCommand;
  /** Does it still hold documents after a restart? */
  readonly keeps: boolean;
  /** Automerge pays per change what others pay per thousand: it gets a part of the work, and the table says so. */
  readonly share: number;
}

export interface ServerPlace {
  readonly port: number;
  readonly directory: string;
}

export interface ServerCommand {
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

const loopback = (port: number): string => `ws://127.0.0.1:${port}`;
const peer = (path: string): string => fileURLToPath(new URL(path, peersDirectory));
const own = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const yws = 'node_modules/@y/websocket-server/src/server.js';
const whole = { url: loopback, share: 1 } as const;

const stockYws = (place: ServerPlace, env: ServerCommand['env'] = {}): ServerCommand => ({
  script: peer(yws),
  env: { HOST: '127.0.0.1', PORT: String(place.port), ...env },
});

const script =
  (path: string, env: ServerCommand['env'] = {}) =>
  ({ port, directory }: ServerPlace): ServerCommand => ({
    script: path,
    env: { PORT: String(port), DATA: directory, ...env },
  });

export const subjects: Readonly<Record<SubjectName, Subject>> = {
  floor: {
    ...whole,
    name: 'floor',
    client: 'y-websocket',
    server: script(own('../floor/main.js')),
    keeps: true,
  },
  'floor-merge': {
    ...whole,
    name: 'floor-merge',
    client: 'y-websocket',
    server: script(own('../floor/main.js'), { MERGE: '1' }),
    keeps: true,
  },
  yws: {
    ...whole,
    name: 'yws',
    client: 'y-websocket',
    server: (place) => stockYws(place),
    keeps: false,
  },
  'yws-leveldb': {
    ...whole,
    name: 'yws-leveldb',
    client: 'y-websocket',
    server: (place) => stockYws(place, { YPERSISTENCE: place.directory }),
    keeps: true,
  },
  hocuspocus: {
    ...whole,
    name: 'hocuspocus',
    client: 'hocuspocus',
    server: script(peer('servers/hocuspocus.mjs'), { DATA: '' }),
    keeps: false,
  },
  'hocuspocus-sqlite': {
    ...whole,
    name: 'hocuspocus-sqlite',
    client: 'hocuspocus',
    server: script(peer('servers/hocuspocus.mjs')),
    keeps: true,
  },
  automerge: {
    ...whole,
    name: 'automerge',
    client: 'automerge',
    server: script(peer('servers/automerge.mjs')),
    keeps: true,
    share: 0.2,
  },
  mnemesh: {
    ...whole,
    name: 'mnemesh',
    client: 'y-websocket',
    server: script(own('mnemesh-server.js')),
    keeps: true,
  },
  'mnemesh-mesh': {
    ...whole,
    name: 'mnemesh-mesh',
    client: 'mesh',
    server: script(own('mnemesh-server.js')),
    keeps: true,
  },
};
