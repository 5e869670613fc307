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
    terminal.note(`${relayOf(mesh)} is not reached: this is what this device holds.`);
    return;
  }
  if (!(await statusWithin(mesh, ({ synced }) => synced, bounds.catchUpMs))) {
    terminal.note('Still receiving: there may be more than this.');
  }
}

async function reach(mesh: Mesh, bounds: Bounds): Promise<Reached> {
  if (mesh.status.transports.length === 0 || mesh.status.offline) return 'saved';
  if (!(await linked(mesh, bounds))) return 'saved';
  return (await within(mesh.acked(), bounds.ackMs)) ? 'acked' : 'saved';
}

/** False when there is no link in time, or never will be: a refusal has been logged by then. */
async function linked(mesh: Mesh, { linkMs }: Bounds): Promise<boolean> {
  const hasLink = ({ transports }: MeshStatus): boolean =>
    transports.some(({ links }) => links > 0);
  const settled = (status: MeshStatus): boolean =>
    hasLink(status) || status.transports.every(({ state }) => state === 'refused');
  await statusWithin(mesh, settled, linkMs);
  return hasLink(mesh.status);
}

function relayOf(mesh: Mesh): string {
  return mesh.status.transports.map(({ address }) => address).join(', ');
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
  const why = mesh.status.offline ? 'this device is switched offline' : 'the relay was not reached';
  throw new MnemeshError(
    'relay_unavailable',
    mesh.status.transports.length === 0
      ? 'Saved on this device, but not acked: no relay is set (--relay URL).'
      : `Saved on this device, but not acked: ${why}. It is sent when the mesh is next open and linked.`,
  );
}

export const ackedFlag = {
  name: 'acked',
  help: 'fail with exit code 5 unless the relay has it',
} as const;

/** What a person is told after a write. */
export function reachedText(mesh: Mesh, reached: Reached): string {
  if (reached === 'acked') return `saved here, acked by ${relayOf(mesh)}`;
  if (mesh.status.transports.length === 0) return 'saved here (no relay is set)';
  if (mesh.status.offline) return 'saved here (switched offline; sent later)';
  return `saved here (${relayOf(mesh)} is not reached; sent when it is)`;
}
