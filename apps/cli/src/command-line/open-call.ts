import type { Mesh, MeshStatus } from '@mnemesh/core';
import { openSettings } from '@mnemesh/open-mesh';
import { MnemeshError } from '@mnemesh/protocol';
import type { Call } from './command.js';
import { numberFlag } from './flag-values.js';
import { withProgress } from './progress.js';

/** How long a command waits for a first link before it answers from what this device holds. */
const LINK_MS = 3000;
/** How long it waits, once linked, to have caught up. */
const CATCH_UP_MS = 10_000;
/** How long a write waits, once linked, to be durable on the relay; after that it is left for later. */
const ACK_MS = 5000;
/** Seconds that `--wait` may put in the place of each of these. */
const MOST_SECONDS = 600;

export interface OpenCall {
  readonly mesh: Mesh;
  /** Waits for what others wrote, within bounds. Says so when this device may be behind. */
  catchUp(): Promise<void>;
  /** What has been written reaches the relay, within bounds. */
  reached(): Promise<Reached>;
}

/** How far a write has come. */
export type Reached = 'saved' | 'acked';

type TransportStatus = MeshStatus['transports'][number];

/** Opens the mesh of a call for `work`, and closes it whatever happens. */
export async function withMesh<T>(call: Call, work: (open: OpenCall) => Promise<T>): Promise<T> {
  const { terminal } = call;
  const bounds = boundsOf(call);
  const mesh = await withProgress(terminal, 'Opening', () =>
    openSettings(call.settings(), terminal.log),
  );
  try {
    // A command does its work and ends: it is nobody to be met.
    await mesh.presence.leave();
    return await work({
      mesh,
      catchUp: () => withProgress(terminal, 'Catching up', () => catchUp(call, mesh, bounds)),
      reached: () => withProgress(terminal, 'Sending', () => reach(mesh, bounds)),
    });
  } finally {
    await withProgress(terminal, 'Closing', () => mesh.close());
  }
}

interface Bounds {
  readonly linkMs: number;
  readonly catchUpMs: number;
  readonly ackMs: number;
}

function boundsOf(call: Call): Bounds {
  const seconds = numberFlag(call, 'wait', 0, MOST_SECONDS);
  if (seconds === undefined) return { linkMs: LINK_MS, catchUpMs: CATCH_UP_MS, ackMs: ACK_MS };
  const ms = seconds * 1000;
  return { linkMs: ms, catchUpMs: ms, ackMs: ms };
}

async function catchUp({ terminal }: Call, mesh: Mesh, bounds: Bounds): Promise<void> {
  if (mesh.status.transports.length === 0) return;
  if (mesh.status.offline) {
    terminal.note('Switched offline: this is what this device holds. (mnemesh offline off)');
    return;
  }
  if (!(await linked(mesh, bounds))) {
    terminal.note(
      `${addressesOf(mesh.status.transports)} is not reached: this is what this device holds.`,
    );
    return;
  }
  if (!(await statusWithin(mesh, ({ synced }) => synced, bounds.catchUpMs))) {
    terminal.note('Still receiving: there may be more than this.');
  }
}

async function reach(mesh: Mesh, bounds: Bounds): Promise<Reached> {
  if (mesh.status.offline) return 'saved';
  const [byRelay, byAny] = await Promise.all([
    linked(mesh, bounds, relaysOf),
    linked(mesh, bounds),
  ]);
  if (byRelay) return (await within(mesh.acked(), bounds.ackMs)) ? 'acked' : 'saved';
  // Peers ack nothing, but a process that closed at once would not have sent them what it wrote.
  if (byAny) await statusWithin(mesh, ({ synced }) => synced, bounds.ackMs);
  return 'saved';
}

/** False when there is no link in time, or never will be: a refusal has been logged by then. */
async function linked(mesh: Mesh, { linkMs }: Bounds, among = transportsOf): Promise<boolean> {
  const settled = (status: MeshStatus): boolean =>
    among(status).some(isLinked) || among(status).every(({ state }) => state === 'refused');
  await statusWithin(mesh, settled, linkMs);
  return among(mesh.status).some(isLinked);
}

function transportsOf({ transports }: MeshStatus): readonly TransportStatus[] {
  return transports;
}

function relaysOf({ transports }: MeshStatus): readonly TransportStatus[] {
  return transports.filter(({ kind }) => kind === 'relay');
}

function isLinked({ links }: TransportStatus): boolean {
  return links > 0;
}

function addressesOf(transports: readonly TransportStatus[]): string {
  return transports.map(({ address }) => address).join(', ');
}

/** True as soon as the status is so, false when it is not within `ms`. */
export async function statusWithin(
  mesh: Mesh,
  is: (status: MeshStatus) => boolean,
  ms: number,
): Promise<boolean> {
  if (is(mesh.status)) return true;
  let stop = (): void => undefined;
  const reached = new Promise<void>((resolve) => {
    stop = mesh.onStatus((status) => {
      if (is(status)) resolve();
    });
  });
  try {
    return await within(reached, ms);
  } finally {
    stop();
  }
}

async function within(promise: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A write of a command: waits for the relay within bounds and fails if `--acked` was not met. */
export async function finishWrite(call: Call, { mesh, reached }: OpenCall): Promise<Reached> {
  const state = await reached();
  if (state === 'acked' || !call.isSet('acked')) return state;
  throw new MnemeshError(
    'relay_unavailable',
    `Saved on this device, but not acked: ${unackedText(mesh.status)}`,
  );
}

function unackedText(status: MeshStatus): string {
  const relays = relaysOf(status);
  if (relays.length === 0) return 'no relay is set (--relay URL).';
  const later = 'It is sent when the mesh is next open and linked.';
  if (status.offline) return `this device is switched offline. ${later}`;
  if (!relays.some(isLinked)) return `the relay was not reached. ${later}`;
  return `${addressesOf(relays)} is linked, and has not said so in time (--wait SECONDS). ${later}`;
}

export const ackedFlag = {
  name: 'acked',
  help: 'fail with exit code 5 unless the relay has it',
} as const;

/** What a person is told after a write. */
export function reachedText({ status }: Mesh, reached: Reached): string {
  const relays = relaysOf(status);
  const relay = addressesOf(relays);
  if (reached === 'acked') return `saved here, acked by ${relay}`;
  if (status.transports.length === 0) return 'saved here (no relay is set)';
  if (status.offline) return 'saved here (switched offline; sent later)';
  if (relays.some(isLinked)) return `saved here (${relay} has not acked yet)`;
  const peers = status.transports.some(isLinked);
  if (relay === '') {
    if (!peers) return 'saved here (no peer is linked; sent when one is)';
    return 'saved here (peers are linked, and no relay acks)';
  }
  return `saved here (${peers ? 'peers are linked, but ' : ''}${relay} is not reached; sent when it is)`;
}
