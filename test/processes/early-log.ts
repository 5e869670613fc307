import type { End, Guid, MeshId, ReplicaId } from '@mnemesh/protocol';
import type {
  AppendedNumbers,
  AppendGroup,
  ClaimedTask,
  DocumentBase,
  GrantedClaim,
  MeshLog,
  ReplicaOpening,
  UpdateLog,
} from '@mnemesh/relay';

/** A planted fault: an update log that calls a group durable, and writes it later. */
export class EarlyUpdateLog implements UpdateLog {
  readonly #log: UpdateLog;
  readonly #earlyMs: number;

  constructor(log: UpdateLog, earlyMs: number) {
    this.#log = log;
    this.#earlyMs = earlyMs;
  }

  get incarnation() {
    return this.#log.incarnation;
  }

  async mesh(mesh: MeshId): Promise<MeshLog> {
    return new EarlyMeshLog(await this.#log.mesh(mesh), this.#earlyMs);
  }

  holds(mesh: MeshId): Promise<boolean> {
    return this.#log.holds(mesh);
  }

  meshes(): Promise<readonly MeshId[]> {
    return this.#log.meshes();
  }

  erase(): Promise<void> {
    return this.#log.erase();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

class EarlyMeshLog implements MeshLog {
  readonly #log: MeshLog;
  readonly #earlyMs: number;
  #head: number;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(log: MeshLog, earlyMs: number) {
    this.#log = log;
    this.#earlyMs = earlyMs;
    this.#head = log.head;
  }

  get mesh() {
    return this.#log.mesh;
  }

  get incarnations() {
    return this.#log.incarnations;
  }

  get head(): number {
    return this.#head;
  }

  async append(group: AppendGroup): Promise<AppendedNumbers> {
    const first = this.#head + 1;
    this.#head += group.updates.length;
    this.#writing = Promise.all([this.#writing, this.#later()]).then(() => this.#log.append(group));
    return { first, last: this.#head };
  }

  documents() {
    return this.#log.documents();
  }

  state(guid: Guid) {
    return this.#log.state(guid);
  }

  read(guid: Guid, after: number) {
    return this.#log.read(guid, after);
  }

  putBase(guid: Guid, base: DocumentBase) {
    return this.#log.putBase(guid, base);
  }

  dropRows(guid: Guid) {
    return this.#log.dropRows(guid);
  }

  ends() {
    return this.#log.ends();
  }

  putEnd(end: End, documents: readonly Guid[]) {
    return this.#log.putEnd(end, documents);
  }

  replica(replica: ReplicaId) {
    return this.#log.replica(replica);
  }

  putReplica(replica: ReplicaId, opening: ReplicaOpening) {
    return this.#log.putReplica(replica, opening);
  }

  get claims(): number {
    return this.#log.claims;
  }

  get claimsInDoubt(): boolean {
    return this.#log.claimsInDoubt;
  }

  claim(task: ClaimedTask) {
    return this.#log.claim(task);
  }

  putClaim(task: ClaimedTask, claim: GrantedClaim) {
    return this.#log.putClaim(task, claim);
  }

  confirmClaims() {
    return this.#log.confirmClaims();
  }

  #later(): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, this.#earlyMs));
  }
}
