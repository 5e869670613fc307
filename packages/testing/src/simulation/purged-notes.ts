import type { Namespace } from '@mnemesh/protocol';
import { hasCode, parseNamespace } from '@mnemesh/protocol';
import type { SeededRandom } from '../seeded-random.js';
import type { SimulatedTime } from '../simulated-time.js';
import type { Device, DeviceSession } from './device.js';
import { BrokenPromise, type Oracle } from './oracle.js';

/** What users do with notes. */
export const noteActions = { create_note: 5, purge_notes: 2 } as const;
export type NoteAction = keyof typeof noteActions;

const NOTES: Namespace = parseNamespace('team/passing');

/** Where notes are written. */
export interface NotesWorld {
  readonly random: SeededRandom;
  readonly time: SimulatedTime;
  readonly devices: readonly Device[];
  readonly up: readonly Device[];
  readonly oracle: Oracle;
}

interface Note {
  readonly token: string;
  readonly device: string;
  savedAt: number | undefined;
  acked: boolean;
}

interface NotePurge {
  /** Shown at the device that purged, just before. */
  readonly seen: ReadonlySet<string>;
  /** Came while it purged: the purge may have seen them or not. */
  readonly meanwhile: Set<string>;
  savedAt: number | undefined;
}

/**
 * Notes in a namespace that is purged now and then, always by one device: of purges that are made
 * apart each may spare what the other one ended. Apart from the model, because a note's id changes when it
 * moves above a floor; its token does not.
 */
export class PurgedNotes {
  readonly #world: NotesWorld;
  readonly #random: SeededRandom;
  readonly #notes = new Map<string, Note>();
  readonly #purges: NotePurge[] = [];
  readonly #stolen = new Set<string>();
  #tokens = 0;
  #purgerRolledBack = false;

  constructor(world: NotesWorld) {
    this.#world = world;
    this.#random = world.random.fork('notes');
  }

  /** @returns false when nobody could do this now */
  act(action: NoteAction): boolean {
    const devices = this.#world.up.filter(({ sessions }) => sessions.length > 0);
    if (action === 'purge_notes') {
      const [purger] = this.#world.devices;
      const session = devices.find((device) => device === purger)?.sessions.at(-1);
      if (session === undefined) return false;
      this.#background(this.#purge(session));
      return true;
    }
    if (devices.length === 0) return false;
    const device = this.#random.pick(devices);
    this.#create(device, this.#random.pick(device.sessions));
    return true;
  }

  /** A stranger signed anew what this envelope says: that is a note of its own, which no purge has seen. */
  stolen(envelope: string): void {
    for (const token of noteTokens(envelope)) this.#stolen.add(token);
  }

  /** A device's store is older now than it was. */
  deviceRolledBack(device: string, toTime: number): void {
    for (const note of this.#notes.values())
      if (note.device === device && (note.savedAt ?? 0) > toTime) note.savedAt = undefined;
    if (this.#world.devices[0]?.name === device) this.#purgerRolledBack = true;
  }

  /** What was purged is nowhere; what no purge had seen, and nobody but its device had, is everywhere. */
  judge(): void {
    const { oracle, devices } = this.#world;
    const shown = devices.map((device) => ({
      device,
      records: new Set(oracle.recordsOf(device).flatMap(({ view }) => noteTokens(view))),
      elements: new Set(
        [...oracle.documentsOf(device).values()].flatMap(({ elements }) =>
          elements.flatMap(tokensOfElement),
        ),
      ),
    }));
    const touched = new Set(this.#purges.flatMap(({ seen, meanwhile }) => [...seen, ...meanwhile]));
    for (const { token, device, savedAt, acked } of this.#notes.values()) {
      if (savedAt === undefined || acked || touched.has(token)) continue;
      const lacking = shown.find(({ records }) => !records.has(token));
      if (lacking !== undefined)
        throw new BrokenPromise(
          'ND',
          `${token} was saved on ${device}, no purge had seen it, and ${lacking.device.name} does not show it`,
        );
    }
    if (this.#purgerRolledBack) return;
    for (const { seen, savedAt } of this.#purges) {
      if (savedAt === undefined) continue;
      for (const { device, records, elements } of shown) {
        const back = [...seen].find(
          (token) => !this.#stolen.has(token) && (records.has(token) || elements.has(token)),
        );
        if (back !== undefined)
          throw new BrokenPromise('DL', `${back} was purged, and is back on ${device.name}`);
      }
    }
  }

  #create(device: Device, session: DeviceSession): void {
    const note: Note = {
      token: `n${++this.#tokens}`,
      device: device.name,
      savedAt: undefined,
      acked: false,
    };
    this.#notes.set(note.token, note);
    const write = session.mesh.memory
      .in(NOTES)
      .create({ content: `${note.token} of ${device.name}`, kind: 'observation' });
    const saved = write.saved.then(() => {
      note.savedAt = this.#world.time.now();
      write.acked.then(
        () => {
          note.acked = true;
        },
        () => undefined, // closed, or purged, before it was acked
      );
    });
    this.#background(saved);
  }

  async #purge({ mesh }: DeviceSession): Promise<void> {
    const notes = mesh.memory.in(NOTES);
    const meanwhile = new Set<string>();
    const stop = notes.watch((changes) => {
      for (const { record } of changes)
        for (const token of noteTokens(record?.content ?? '')) meanwhile.add(token);
    });
    const listed = await notes.list({ limit: 10_000, archived: 'any' });
    const purge: NotePurge = {
      seen: new Set(listed.flatMap(({ content }) => noteTokens(content))),
      meanwhile,
      savedAt: undefined,
    };
    this.#purges.push(purge);
    try {
      await mesh.purge(NOTES);
      purge.savedAt = this.#world.time.now();
    } finally {
      stop();
    }
  }

  /** After a crash of its device nothing of this happens any more. */
  #background(work: Promise<unknown>): void {
    work.catch((error) => {
      if (['not_found', 'closed', 'store_failed'].some((code) => hasCode(error, code as never)))
        return;
      this.#world.time.defect(error);
    });
  }
}

/** An element as the oracle gives it: its place, then its bytes in base64. */
function tokensOfElement(element: string): readonly string[] {
  const bytes = Buffer.from(element.slice(element.indexOf(' ') + 1), 'base64');
  return noteTokens(bytes.toString('latin1'));
}

function noteTokens(text: string): string[] {
  // With what follows it in a note: signatures, which are random, hold short words too.
  return text.match(/\bn\d+(?= of device)/g) ?? [];
}
