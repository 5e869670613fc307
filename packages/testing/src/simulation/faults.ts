import { hasCode } from '@mnemesh/protocol';
import type { CrashKind } from '../disk-queue.js';
import type { SeededRandom } from '../seeded-random.js';
import type { Device } from './device.js';
import { tokensIn } from './model.js';
import type { Users } from './user.js';
import { type Backup, COPY, type World } from './world.js';

/** What goes wrong. Weights say how often, so that every kind occurs hundreds of times in a run. */
export const faults = {
  device_crash: 4,
  device_stop: 3,
  device_start: 14,
  disk_fault: 3,
  crash_at_compaction: 4,
  relay_crash: 3,
  relay_stop: 4,
  relay_start: 14,
  partition: 3,
  one_way: 2.5,
  break_link: 4.5,
  slow: 3,
  heal: 9,
  offline: 5,
  online: 8,
  clock_jump: 2.5,
  backup: 4,
  restore_then_write: 4,
  copy_store: 3,
  relay_backup: 2.5,
  relay_restore: 3,
  relay_restore_sole_writer: 3.5,
  bare_delete: 3.5,
  repeat_updates: 4,
  stolen_envelope: 3,
} as const;
export type Fault = keyof typeof faults;

/** Brings faults upon a world. Each returns false when it cannot happen now. */
export class Adversity {
  readonly #world: World;
  readonly #users: Users;
  readonly #random: SeededRandom;
  readonly #offline = new Set<string>();

  constructor(world: World, users: Users) {
    this.#world = world;
    this.#users = users;
    this.#random = world.random.fork('faults');
  }

  async strike(fault: Fault): Promise<boolean> {
    const { relay, hasRelay, up } = this.#world;
    const device = up.length === 0 ? undefined : this.#random.pick(up);
    switch (fault) {
      case 'device_start':
        return this.#startOne();
      case 'relay_start':
        return hasRelay && relay.machine.runtime === undefined && this.#startRelay();
      case 'relay_crash':
        if (relay.machine.runtime === undefined) return false;
        relay.machine.crash(this.#crashKind());
        return true;
      case 'relay_stop':
        if (relay.relay === undefined) return false;
        await this.#world.time.complete(relay.stop());
        return true;
      case 'relay_backup':
        return hasRelay && this.#backup('relay', relay.machine.disk);
      case 'relay_restore':
        return this.#restoreRelay();
      case 'online':
        return this.#backOnline();
      case 'restore_then_write':
        return this.#restoreThenWrite();
      case 'heal':
        this.#world.network.heal();
        return true;
      case 'bare_delete':
        return relay.relay !== undefined && this.#world.stranger.deleteBare(relay.log()) > 0;
      case 'repeat_updates':
        return relay.relay !== undefined && this.#world.stranger.repeat(relay.log()) > 0;
      case 'stolen_envelope':
        return this.#steal();
      default:
        return device !== undefined && this.#strikeDevice(fault, device);
    }
  }

  async #strikeDevice(fault: Fault, device: Device): Promise<boolean> {
    const { network } = this.#world;
    const other = this.#random.pick(['relay', ...this.#world.devices.map(({ name }) => name)]);
    switch (fault) {
      case 'device_crash':
        device.machine.crash(this.#crashKind());
        return true;
      case 'device_stop':
        return this.#stop(device);
      case 'disk_fault':
        device.machine.disk.planFault(
          this.#random.between(1, 12),
          this.#random.pick(['fail', 'power', 'kill']),
        );
        return true;
      case 'crash_at_compaction':
        return this.#crashAtCompaction(device);
      case 'partition':
        network.partition(
          [device.name],
          this.#random.chance(0.5) ? ['relay'] : this.#others(device),
        );
        return true;
      case 'one_way':
        if (this.#random.chance(0.5)) network.stall(device.name, other);
        else network.stall(other, device.name);
        return true;
      case 'break_link':
        return network.break(device.name, this.#world.hasRelay ? 'relay' : other) > 0;
      case 'slow':
        network.slow('relay', device.name, this.#random.between(1, 20));
        return true;
      case 'offline':
        device.replica?.setOffline(true);
        this.#offline.add(device.name);
        return true;
      case 'clock_jump':
        if (device.machine.runtime !== undefined)
          device.machine.runtime.skewMs = this.#world.skew();
        return true;
      case 'backup':
        return this.#backup(device.name, device.machine.disk);
      case 'copy_store':
        return this.#copy(device);
      case 'relay_restore_sole_writer':
        return this.#restoreUnderSoleWriter(device);
      default:
        throw new Error(`no such fault: ${fault}`);
    }
  }

  async #startOne(): Promise<boolean> {
    const down = this.#world.devices.filter(({ machine }) => machine.runtime === undefined);
    if (down.length === 0) return false;
    return this.#start(this.#random.pick(down));
  }

  /** An opening that a planned fault ends never resolves, so it is not waited for longer than it can take. */
  async #start(device: Device): Promise<boolean> {
    let opened = false;
    device.start(this.#world.skew()).then(
      () => {
        opened = true;
      },
      (error) => this.#failedToOpen(device, error),
    );
    await this.#world.time.until(() => opened || device.machine.runtime === undefined, 5_000);
    this.#offline.delete(device.name);
    return opened;
  }

  #failedToOpen(device: Device, error: unknown): void {
    if (device.machine.disk.calls === 0) this.#world.time.defect(error);
    device.machine.crash('kill');
  }

  async #startRelay(): Promise<boolean> {
    this.#world.relay.machine.disk.clearFaults();
    await this.#world.time.complete(this.#world.relay.start());
    return true;
  }

  /** Folding takes two commits, of two disk calls each; the crash comes at one of them. */
  #crashAtCompaction({ replica, machine }: Device): boolean {
    const places = replica?.segments.places() ?? [];
    if (replica === undefined || places.length === 0) return false;
    const place = this.#random.pick(places);
    machine.disk.planFault(this.#random.between(1, 5), this.#crashKind());
    replica.segments
      .use(place, (segment) => segment.compact())
      .catch((error) => {
        if (!hasCode(error, 'store_failed')) this.#world.time.defect(error);
      });
    return true;
  }

  async #stop(device: Device): Promise<boolean> {
    device.machine.disk.clearFaults();
    await this.#world.time.complete(device.stop());
    return true;
  }

  #backup(name: string, disk: Device['machine']['disk']): boolean {
    this.#world.backups.set(name, { image: disk.image(), at: this.#world.time.now() });
    return true;
  }

  #backOnline(): boolean {
    const offline = this.#world.up.filter(({ name }) => this.#offline.has(name));
    if (offline.length === 0) return false;
    const device = this.#random.pick(offline);
    device.replica?.setOffline(false);
    return this.#offline.delete(device.name);
  }

  /** A store is put back to an older state, and written to before any link is up. */
  async #restoreThenWrite(): Promise<boolean> {
    const saved = this.#world.devices.filter(({ name }) => this.#world.backups.has(name));
    if (saved.length === 0) return false;
    const device = this.#random.pick(saved);
    const backup = this.#world.backups.get(device.name) as Backup;
    this.#putBack(device, backup);
    this.#world.network.partition([device.name], this.#others(device));
    if (!(await this.#start(device))) return false;
    this.#users.writeAt(device, 4);
    await this.#world.time.advance(50);
    this.#world.network.heal();
    return true;
  }

  /**
   * Two devices with the same store go on, each by itself. A world has room for one device more;
   * later copies of its original go onto that one.
   */
  async #copy(device: Device): Promise<boolean> {
    const { devices } = this.#world;
    const copy = devices.find(({ name }) => name.endsWith(COPY));
    if (copy === undefined) return this.#start(this.#world.copyOf(device));
    const original = devices.find(({ name }) => name + COPY === copy.name) as Device;
    this.#putBack(copy, { image: original.machine.disk.image(), at: 0 });
    return this.#start(copy);
  }

  /** What a device saved since is promised no more. */
  #putBack(device: Device, { image, at }: Backup): void {
    if (device.machine.runtime !== undefined) device.machine.crash('kill');
    device.killTabs();
    device.machine.disk.clearFaults();
    device.machine.disk.restore(image);
    this.#world.model.deviceRolledBack(device.name, at);
    this.#world.notes.deviceRolledBack(device.name, at);
  }

  async #restoreRelay(): Promise<boolean> {
    const backup = this.#world.backups.get('relay');
    const { relay, model, network } = this.#world;
    if (backup === undefined) return false;
    if (relay.machine.runtime !== undefined) relay.machine.crash('kill');
    relay.machine.disk.restore(backup.image);
    model.relayRolledBack(backup.at, this.#world.time.now());
    network.heal();
    return this.#startRelay();
  }

  /**
   * Only one device reaches the relay and has its writes acked; then the relay's file is replaced by
   * an older copy, which the others fill beyond that device's cursor before it comes back.
   */
  async #restoreUnderSoleWriter(device: Device): Promise<boolean> {
    const { relay, network, time } = this.#world;
    if (relay.relay === undefined) return false;
    network.heal();
    const others = this.#world.devices.filter((other) => other !== device).map(({ name }) => name);
    network.partition(others, ['relay', device.name]);
    this.#backup('relay', relay.machine.disk);
    this.#users.writeAt(device, 3);
    await time.advance(3_000);
    await this.#restoreRelay();
    network.partition([device.name], ['relay', ...others]);
    for (const other of this.#world.up) if (other !== device) this.#users.writeAt(other, 3);
    await time.advance(2_000);
    network.heal();
    return true;
  }

  async #steal(): Promise<boolean> {
    const { relay, stranger, stolen, notes } = this.#world;
    if (relay.relay === undefined) return false;
    const text = await stranger.steal(relay.log());
    for (const token of tokensIn(text)) stolen.add(token);
    notes.stolen(text);
    return true;
  }

  #others(device: Device): readonly string[] {
    return [
      'relay',
      ...this.#world.devices.filter((other) => other !== device).map(({ name }) => name),
    ];
  }

  #crashKind(): CrashKind {
    return this.#random.pick(['power', 'kill']);
  }
}
