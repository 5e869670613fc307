import type { Signatures } from '@mnemesh/protocol';
import { Relay, type RelayLimits, type UpdateLog } from '@mnemesh/relay';
import type { MeshLogTables } from '../mesh-log-tables.js';
import type { SimulatedMachine } from '../simulated-machine.js';
import type { SimulatedNetwork } from '../simulated-network.js';
import { openSimulatedUpdateLog, updateLogReader } from '../simulated-update-log.js';
import { MESH } from './mesh-name.js';

/** Small enough that documents are folded several times in a run. */
const SMALL_RELAY: Partial<RelayLimits> = {
  foldRows: 10,
  foldRowsAtMost: 40,
  foldBytes: 4_000,
  idleMeshMs: 2_000,
};

/** The machine of the relay, and the relay that runs on it now, if one does. */
export class RelayHost {
  readonly machine: SimulatedMachine;
  readonly #network: SimulatedNetwork;
  readonly #signatures: Signatures;
  readonly #read = updateLogReader(MESH);
  #relay: Relay | undefined;
  #log: UpdateLog | undefined;

  constructor(machine: SimulatedMachine, network: SimulatedNetwork, signatures: Signatures) {
    this.machine = machine;
    this.#network = network;
    this.#signatures = signatures;
    machine.onCrash(() => {
      this.#relay = undefined;
      this.#log = undefined;
    });
  }

  get relay(): Relay | undefined {
    return this.#relay;
  }

  async start(): Promise<void> {
    const runtime = this.machine.start();
    const log = await openSimulatedUpdateLog({
      disk: this.machine.disk,
      runtime,
      process: 'relay',
    });
    if (this.machine.runtime !== runtime) return;
    this.#log = log;
    // Some operators look at the claims after a crash, others forget to.
    const confirmClaims = (runtime.randomBytes(1)[0] as number) < 128;
    const signatures = this.#signatures;
    this.#relay = new Relay({ log, runtime, signatures, limits: SMALL_RELAY, confirmClaims });
    this.#network.listen('relay', this.#relay.accept);
  }

  async stop(): Promise<void> {
    const relay = this.#relay;
    const log = this.#log;
    this.#relay = undefined;
    this.#log = undefined;
    this.#network.kill('relay');
    await relay?.close();
    await log?.close();
    this.machine.stop();
  }

  /** What the log holds, read from the disk as it is, without the relay. It changes with the next reading. */
  log(): MeshLogTables {
    return this.#read(this.machine.disk.image());
  }
}
