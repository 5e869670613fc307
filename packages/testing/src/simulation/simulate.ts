import type { Signatures } from '@mnemesh/protocol';
import { relayLimits } from '@mnemesh/relay';
import { rememberedSignatures } from '../remembered-signatures.js';
import type { Device } from './device.js';
import { Adversity, type Fault, faults } from './faults.js';
import { BrokenPromise } from './oracle.js';
import { judgePresence } from './presence-verdict.js';
import { type UserAction, Users, userActions } from './user.js';
import { Verdict } from './verdict.js';
import { World } from './world.js';

/** Virtual milliseconds in which everything must be the same everywhere once all faults are over. */
export const HEALING_MS = 300_000;
/** Virtual milliseconds in which a disk call that a fault has struck fails: its replica is opened again like any that failed. */
const STRUCK_CALLS_MS = 100;
/** Writes that one replica may hold unsaved. A run has some hundred in all. */
const UNSAVED_WRITES = 2_000;

/** Part of the steps that are faults; the others are what users do. */
const FAULTS = 0.32;

export interface SimulationOptions {
  readonly seed: number;
  readonly steps: number;
  readonly signatures: Signatures;
  /** False leaves the faults as they are: such a run must fail, or its verdict says nothing. */
  readonly heal?: boolean;
}

export interface SimulationReport {
  readonly seed: number;
  readonly steps: number;
  readonly counts: Readonly<Record<string, number>>;
  /** The first broken promise or defect; undefined when all held. */
  readonly failure: string | undefined;
}

/** One world from a seed: faults first, then healing, then the verdict. */
export async function simulate(options: SimulationOptions): Promise<SimulationReport> {
  const world = new World(options.seed, rememberedSignatures(options.signatures));
  const counts: Record<string, number> = {};
  try {
    await world.start();
    await actOut(world, options.steps, counts);
    if (options.heal !== false) await heal(world);
    await judge(world);
    count(counts, world);
    await shutDown(world);
    return { seed: options.seed, steps: options.steps, counts, failure: undefined };
  } catch (error) {
    count(counts, world);
    const failure =
      error instanceof BrokenPromise
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    return { seed: options.seed, steps: options.steps, counts, failure };
  }
}

async function actOut(world: World, steps: number, counts: Record<string, number>): Promise<void> {
  const users = new Users(world);
  const adversity = new Adversity(world, users);
  const random = world.random.fork('steps');
  let done = 0;
  while (done < steps) {
    const isFault = random.chance(FAULTS);
    const name = isFault
      ? random.weighted<Fault>(faults)
      : random.weighted<UserAction>(userActions);
    const happened = isFault
      ? await adversity.strike(name as Fault)
      : users.act(name as UserAction);
    if (happened) {
      counts[name] = (counts[name] ?? 0) + 1;
      done++;
    }
    await world.time.advance(random.chance(0.05) ? random.between(500, 6_000) : random.int(120));
    checkBounds(world);
  }
}

function checkBounds(world: World): void {
  for (const { replica, name } of world.devices) {
    const unsaved = replica?.status.unsaved ?? 0;
    if (unsaved > UNSAVED_WRITES)
      throw new BrokenPromise('BD', `${name} holds ${unsaved} unsaved writes`);
  }
  for (const mesh of world.relay.relay?.status().meshes ?? []) {
    if (mesh.pendingBytes > relayLimits.pendingBytes)
      throw new BrokenPromise('BD', `the relay holds ${mesh.pendingBytes} bytes ahead of its log`);
  }
}

/** Everything works again: what was down comes back, and nothing is in the way. */
async function heal(world: World): Promise<void> {
  world.network.heal();
  const { relay } = world;
  relay.machine.disk.clearFaults();
  if (relay.machine.runtime !== undefined && relay.relay === undefined) relay.machine.crash('kill');
  if (world.hasRelay && relay.machine.runtime === undefined)
    await world.time.complete(relay.start());
  for (const { machine } of world.devices) machine.disk.clearFaults();
  await world.time.advance(STRUCK_CALLS_MS);
  for (const device of world.devices) {
    await restart(world, device);
    device.replica?.setOffline(false);
  }
  // A copied store is noticed at its next link, so everybody gets a new one.
  for (const link of world.network.links) link.break();
}

/** A replica whose store failed takes no more writes until it is opened again; so does a real user's. */
async function restart(world: World, device: Device): Promise<void> {
  if (
    device.machine.runtime !== undefined &&
    device.replica?.status.storeError === undefined &&
    device.replica !== undefined
  )
    return;
  if (device.machine.runtime !== undefined) device.machine.crash('kill');
  await world.time.complete(device.start(0));
}

async function judge(world: World): Promise<void> {
  const verdict = new Verdict(world);
  await same(world, verdict, world.devices);
  const newcomer = world.newcomer();
  await world.time.complete(newcomer.start(0));
  await same(world, verdict, world.devices);
  verdict.judge(world.devices);
  await judgePresence(world);
  const ids = new Set(world.devices.map(({ replica }) => replica?.id));
  if (ids.size !== world.devices.length)
    throw new BrokenPromise('ND', 'two replicas go by one id: a copied store was not noticed');
}

/** Waits until all documents are the same and stay so for a while. */
async function same(world: World, verdict: Verdict, devices: readonly Device[]): Promise<void> {
  const deadline = world.time.now() + HEALING_MS;
  let difference: string | undefined = 'nothing was compared yet';
  while (world.time.now() < deadline) {
    await world.time.advance(4_000);
    if (world.devices.some(({ replica }) => replica?.status.synced !== true)) {
      difference = 'some replica says that it is not synced';
      continue;
    }
    difference = verdict.difference(devices);
    if (difference !== undefined) continue;
    await world.time.advance(6_000);
    difference = verdict.difference(devices);
    if (difference === undefined) return;
  }
  throw new BrokenPromise('PR', `${HEALING_MS / 1000} s after healing: ${difference}`);
}

async function shutDown(world: World): Promise<void> {
  for (const device of world.devices) {
    await world.time.complete(device.closeTabs());
    await world.time.complete(device.stop());
  }
  if (world.hasRelay) await world.time.complete(world.relay.stop());
}

function count(counts: Record<string, number>, world: World): void {
  const { writes, concurrent, pairs } = world.model.concurrency();
  counts.writes = writes;
  counts.concurrent_writes = concurrent;
  counts.concurrent_pairs = pairs;
  counts.looks_at_a_crash = world.oracle.looks;
  counts.frames = world.network.counters.sent;
  counts.worlds_without_relay = world.hasRelay ? 0 : 1;
  counts.devices_with_tabs = world.devices.filter(({ shared }) => shared).length;
}
