import type { StoredRecord } from '@mnemesh/core';
import { type AgentId, decodeEnvelope } from '@mnemesh/protocol';
import { decodeUtf8 } from 'lib0/string';
import type { ReplicaTables } from '../replica-tables.js';
import { replicaStoreReader } from '../simulated-replica-store.js';
import type { Device } from './device.js';
import {
  type DocumentContent,
  DocumentReader,
  isAuditField,
  type LogContent,
} from './log-content.js';
import { MESH } from './mesh-name.js';
import { type Model, type ModelRecord, type ModelWrite, shownTokens, tokensIn } from './model.js';
import type { RelayHost } from './relay-host.js';

/** A promise that was broken; `id` names the invariant. */
export class BrokenPromise extends Error {
  readonly id: string;

  constructor(id: string, message: string) {
    super(`[${id}] ${message}`);
    this.name = 'BrokenPromise';
    this.id = id;
  }
}

/** What the oracle looks at. */
export interface WatchedWorld {
  readonly model: Model;
  readonly relay: RelayHost;
}

/**
 * Holds what users were promised against what is on the disks. It reads stores and logs itself, at
 * the moment of each crash before anything reopens, and never asks the product.
 */
export class Oracle {
  readonly #world: WatchedWorld;
  readonly #documents = new DocumentReader();
  readonly #stores = new Map<Device, ReturnType<typeof replicaStoreReader>>();
  looks = 0;

  constructor(world: WatchedWorld) {
    this.#world = world;
  }

  /** Everything this device said it had saved is in its store. */
  deviceCrashed(device: Device): void {
    this.looks++;
    const tables = this.#storeOf(device);
    for (const write of this.#world.model.writes.values()) {
      if (write.device !== device.name || write.savedAt === undefined) continue;
      const { id, namespace } = write.record;
      const record = id === undefined ? undefined : tables.record(namespace, id);
      if (record === undefined ? !mayBeForgotten(write.record) : !this.#shows(record, write)) {
        throw new BrokenPromise(
          'ND',
          `${write.token} (${write.kind} of ${write.field}) was saved on ${device.name} and is not in its store after a crash`,
        );
      }
    }
  }

  /** Everything the relay acked is in its log. */
  relayCrashed(): void {
    this.looks++;
    const content = this.relayContent();
    for (const write of this.#world.model.writes.values()) {
      if (write.ackedAt !== undefined && !inLog(content, write)) {
        throw new BrokenPromise(
          'ND',
          `${write.token} (${write.kind} of ${write.field}) was acked and is not in the relay's log after a crash`,
        );
      }
    }
  }

  /** What this device's documents hold, read from its disk. */
  documentsOf(device: Device): ReadonlyMap<string, DocumentContent> {
    const tables = this.#storeOf(device);
    const content = new Map<string, DocumentContent>();
    for (const { guid } of tables.heads()) {
      const stored = tables.document(guid);
      if (stored !== undefined) content.set(guid, this.#documents.ofReplica(device.name, stored));
    }
    return content;
  }

  /** What the relay's log adds up to, read from its disk. */
  relayContent(): LogContent {
    return this.#documents.ofLog(this.#world.relay.log());
  }

  recordsOf(device: Device): readonly StoredRecord[] {
    return this.#storeOf(device).query({
      archived: 'any',
      limit: 1_000_000,
    });
  }

  /** In whose names this device's records stand: of each token, the agents whose writes carry it. */
  authorsOf(device: Device): ReadonlyMap<string, ReadonlySet<AgentId>> {
    const tables = this.#storeOf(device);
    const authors = new Map<string, Set<AgentId>>();
    for (const { guid } of tables.heads()) {
      for (const { agent, envelope, field } of tables.envelopesOf(guid)) {
        if (isAuditField(field)) continue;
        for (const token of tokensIn(decodeUtf8(decodeEnvelope(envelope).data))) {
          const agents = authors.get(token) ?? new Set();
          authors.set(token, agents.add(agent));
        }
      }
    }
    return authors;
  }

  #storeOf(device: Device): ReplicaTables {
    const read = this.#stores.get(device) ?? replicaStoreReader(MESH);
    this.#stores.set(device, read);
    return read(device.machine.disk.image());
  }

  /** Is this write's value shown, or has one that its writer knew of taken its place? */
  #shows(record: StoredRecord, write: ModelWrite): boolean {
    if (write.kind === 'base' || write.kind === 'remove') return true;
    if (write.kind === 'forget') return false;
    const shown = shownTokens(record.view);
    return (
      shown.has(write.token) || write.record.writes.some((other) => replaces(other, write, shown))
    );
  }
}

/** Does the one stand for the other: written in knowledge of it, and there? A removal leaves no token behind. */
export function replaces(
  other: ModelWrite,
  write: ModelWrite,
  tokens: ReadonlySet<string>,
): boolean {
  if (other.field !== write.field) return false;
  if (write.kind === 'add') {
    // Additions of one member are one member: it shows one of them, and who removes it removes all.
    if (other.kind === 'add' && tokens.has(other.token)) return true;
    if (other.kind === 'remove' && other.ancestors.size > 0) return knewAnAddition(other);
  }
  return other.ancestors.has(write.token) && (other.kind === 'remove' || tokens.has(other.token));
}

function knewAnAddition(removal: ModelWrite): boolean {
  return removal.record.writes.some(
    ({ kind, field, token }) =>
      kind === 'add' && field === removal.field && removal.ancestors.has(token),
  );
}

/** Somebody at least tried to forget this record. */
export function mayBeForgotten(record: ModelRecord): boolean {
  return record.writes.some(({ kind, refused }) => kind === 'forget' && !refused);
}

/** Deleted content counts as there: a deletion alone means nothing, and who holds the record puts it back. */
function inLog(content: LogContent, write: ModelWrite): boolean {
  const { id, writes } = write.record;
  if (id === undefined) return false;
  for (const document of content.values()) {
    if (document.tombstones.has(id) || document.deletedTombstones.has(id)) return true;
    if (!document.records.has(id) && !document.deletedRecords.has(id)) continue;
    // A removal, and a value that a removal replaced, leave no token behind.
    if (write.kind === 'base' || write.kind === 'remove' || write.kind === 'add') return true;
    const tokens = new Set([...document.tokens, ...document.deletedTokens]);
    if (tokens.has(write.token) || writes.some((other) => replaces(other, write, tokens)))
      return true;
  }
  return false;
}
