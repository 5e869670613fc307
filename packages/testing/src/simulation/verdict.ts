import { canonicalJson, type StoredRecord, type Task } from '@mnemesh/core';
import type { Device } from './device.js';
import type { DocumentContent } from './log-content.js';
import { Model, type ModelRecord, shownTokens } from './model.js';
import { BrokenPromise, mayBeForgotten, replaces } from './oracle.js';
import { faultOf } from './task-work.js';
import { judgeTopics } from './topic-verdict.js';
import type { World } from './world.js';

/** What must hold once everything has healed. Throws the first broken promise. */
export class Verdict {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** The first difference between anybody's documents; undefined when all hold the same. */
  difference(devices: readonly Device[] = this.#world.devices): string | undefined {
    const { oracle, hasRelay } = this.#world;
    const [first] = devices;
    if (first === undefined) return undefined;
    const reference = hasRelay ? oracle.relayContent() : oracle.documentsOf(first);
    for (const device of devices) {
      const found = differenceOf(oracle.documentsOf(device), reference);
      if (found !== undefined)
        return `${device.name} and ${hasRelay ? 'the relay' : first.name}: ${found}`;
    }
    return undefined;
  }

  judge(devices: readonly Device[]): void {
    const [first, ...others] = devices.map((device) => ({
      device,
      records: this.#records(device),
    }));
    if (first === undefined) return;
    for (const { device, records } of others)
      this.#equalViews(first.device, first.records, device, records);
    for (const record of this.#world.model.records) this.#judgeRecord(record, first.records);
    this.#judgeTasks(first.records);
    judgeTopics(this.#world, devices);
    this.#judgeLog();
    this.#judgeAuthors(first.device, first.records);
    this.#judgeHousekeeping(first.device, first.records);
    this.#world.notes.judge();
  }

  #records(device: Device): ReadonlyMap<string, StoredRecord> {
    const records = this.#world.oracle.recordsOf(device);
    return new Map(records.map((record) => [`${record.namespace} ${record.id}`, record]));
  }

  #equalViews(
    a: Device,
    ours: ReadonlyMap<string, StoredRecord>,
    b: Device,
    theirs: ReadonlyMap<string, StoredRecord>,
  ): void {
    for (const key of new Set([...ours.keys(), ...theirs.keys()])) {
      const [one, other] = [ours.get(key), theirs.get(key)].map((record) => comparable(record));
      if (one !== other)
        throw new BrokenPromise(
          'CV',
          `${key} reads differently: on ${a.name} ${one}, on ${b.name} ${other}`,
        );
    }
  }

  #judgeRecord(record: ModelRecord, records: ReadonlyMap<string, StoredRecord>): void {
    if (record.id === undefined) return;
    const stored = records.get(`${record.namespace} ${record.id}`);
    const forgotten = record.writes.some(
      (write) => write.kind === 'forget' && Model.isCertain(write),
    );
    if (stored === undefined) {
      const promised = record.writes.find(
        (write) => write.kind === 'base' && Model.isCertain(write),
      );
      if (promised !== undefined && !mayBeForgotten(record)) {
        throw new BrokenPromise(
          'ND',
          `${record.id} (${promised.token}) was saved or acked, and is gone`,
        );
      }
      return;
    }
    if (forgotten) throw new BrokenPromise('DL', `${record.id} was forgotten, and is back`);
    this.#judgeValues(record, shownTokens(stored.view));
  }

  #judgeValues(record: ModelRecord, shown: ReadonlySet<string>): void {
    const { model, stolen } = this.#world;
    for (const write of record.writes) {
      const promised = Model.isCertain(write) && (write.kind === 'value' || write.kind === 'add');
      if (!promised || shown.has(write.token)) continue;
      if (record.writes.some((other) => replaces(other, write, shown))) continue;
      throw new BrokenPromise(
        'CF',
        `${write.token} (${write.field} of ${record.id}, by ${write.device}) is neither shown nor replaced by what knew of it; shown: ${[...shown].join(' ')}`,
      );
    }
    for (const token of shown) {
      const write = model.writes.get(token);
      if (write === undefined || write.kind === 'base' || stolen.has(token)) continue;
      for (const other of shown) {
        const newer = model.writes.get(other);
        if (newer !== undefined && newer.field === write.field && newer.ancestors.has(token)) {
          throw new BrokenPromise(
            'CF',
            `${token} is shown beside ${other}, whose writer had replaced it`,
          );
        }
      }
    }
  }

  /** All read alike by now, so what holds of one replica's tasks holds of all. */
  #judgeTasks(records: ReadonlyMap<string, StoredRecord>): void {
    for (const { id, collection, view } of records.values()) {
      if (collection !== 'task') continue;
      const fault = faultOf((JSON.parse(view) as { readonly fields: Task }).fields);
      if (fault !== undefined) throw new BrokenPromise('TC', `${id} ${fault}`);
    }
  }

  /** The relay stores each update once, and none before what it rests on. */
  #judgeLog(): void {
    for (const [guid, { repeats, holes }] of this.#world.oracle.relayContent()) {
      if (repeats > 0)
        throw new BrokenPromise('ID', `${repeats} updates of ${guid} are kept twice`);
      if (holes > 0) throw new BrokenPromise('ND', `${holes} updates of ${guid} follow on nothing`);
    }
  }

  /** What a user wrote stands in the user's name, whoever else signs a copy of it. */
  #judgeAuthors(device: Device, records: ReadonlyMap<string, StoredRecord>): void {
    for (const [token, agents] of this.#world.oracle.authorsOf(device)) {
      const write = this.#world.model.writes.get(token);
      if (write === undefined || !Model.isCertain(write) || agents.has(write.agent)) continue;
      const { namespace, id, writes } = write.record;
      const shown = shownTokens(records.get(`${namespace} ${id}`)?.view);
      // The writer's own was replaced; the copy that somebody else signed stands beside the successor.
      if (writes.some((other) => replaces(other, write, shown))) continue;
      throw new BrokenPromise(
        'AU',
        `${token} was written by ${write.agent} and stands in the name of ${[...agents].join(' ')}`,
      );
    }
  }

  /** Replaced and forgotten content is not only hidden: it is gone, and nothing is kept twice. */
  #judgeHousekeeping(device: Device, records: ReadonlyMap<string, StoredRecord>): void {
    const shown = new Set([...records.values()].flatMap(({ view }) => [...shownTokens(view)]));
    for (const [
      guid,
      { tokens, tombstones, records: ids, elements },
    ] of this.#world.oracle.documentsOf(device)) {
      for (const id of tombstones) {
        if (ids.has(id))
          throw new BrokenPromise('DL', `${id} was forgotten, and its content is still in ${guid}`);
      }
      for (const token of tokens) {
        const write = this.#world.model.writes.get(token);
        if (write?.kind === 'value' && !shown.has(token)) {
          throw new BrokenPromise('DL', `${token} was replaced, and is still in ${guid}`);
        }
      }
      const bodies = elements.map((element) => element.slice(element.indexOf(' ')));
      if (new Set(bodies).size !== bodies.length)
        throw new BrokenPromise('DL', `${guid} keeps an element twice`);
    }
  }
}

function comparable(record: StoredRecord | undefined): string {
  if (record === undefined) return 'nothing';
  return canonicalJson({ ...record, view: JSON.parse(record.view) } as never);
}

function differenceOf(
  a: ReadonlyMap<string, DocumentContent>,
  b: ReadonlyMap<string, DocumentContent>,
): string | undefined {
  for (const guid of new Set([...a.keys(), ...b.keys()])) {
    const [ours, theirs] = [a.get(guid)?.elements ?? [], b.get(guid)?.elements ?? []];
    if (ours.length !== theirs.length || ours.some((element, i) => element !== theirs[i])) {
      const place = a.get(guid) ?? b.get(guid);
      return `${place?.namespace}/${place?.segment} has ${ours.length} and ${theirs.length} elements`;
    }
  }
  return undefined;
}
