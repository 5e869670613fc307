import { MnemeshError, type RecordId } from '@mnemesh/protocol';
import {
  type DocumentState,
  decodeState,
  emptyState,
  encodeState,
  readUpdate,
  stateOf,
  uniteStates,
} from '@mnemesh/segment';
import { fromBase64, toBase64 } from 'lib0/buffer';
import { segmentOver } from '../documents/segment.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { Segments } from '../documents/segments.js';
import type { Prose, PulledText } from './prose-document.js';
import type { ProseLimits } from './prose-limits.js';

/** The replica's own copy of a text, as an editor's copy goes by it. */
export interface ProseSource {
  /** What is held beyond `known`, as one V1 update, and all that is held. @throws MnemeshError `not_found` when it is over */
  pull(
    known: DocumentState,
  ): Promise<{ readonly update: Uint8Array | undefined; readonly state: DocumentState }>;
  /**
   * Resolves when these are saved.
   * @returns what they brought; undefined where they do not follow on what is held
   * @throws MnemeshError `too_large`, `not_found`, `store_failed`
   */
  push(updates: readonly Uint8Array[]): Promise<DocumentState | undefined>;
  /** Resolves when the relay durably holds this much. */
  acked(state: DocumentState): Promise<void>;
}

export interface HeldTextSurroundings {
  readonly segments: Segments;
  readonly limits: ProseLimits;
  readonly acked: (place: SegmentPlace, state: DocumentState) => Promise<void>;
}

/** In the process that holds the replica. */
export class HeldText implements ProseSource {
  readonly #around: HeldTextSurroundings;
  readonly #place: SegmentPlace;
  readonly #editing: () => Promise<void>;

  /** @param editing called before edits are saved */
  constructor(around: HeldTextSurroundings, place: SegmentPlace, editing: () => Promise<void>) {
    this.#around = around;
    this.#place = place;
    this.#editing = editing;
  }

  async pull(known: DocumentState): ReturnType<ProseSource['pull']> {
    const { segments } = this.#around;
    if (segments.isOver(this.#place)) throw segmentOver(this.#place);
    return segments.missing(this.#place, known);
  }

  async push(updates: readonly Uint8Array[]): Promise<DocumentState | undefined> {
    const { segments } = this.#around;
    await this.#checkBytes();
    await this.#editing();
    const { states, saved } = await segments.use(this.#place, (segment) =>
      segment.receive(updates, 'local'),
    );
    await saved;
    return states.reduce((all, state) => all && state && uniteStates(all, state), emptyState);
  }

  acked(state: DocumentState): Promise<void> {
    return this.#around.acked(this.#place, state);
  }

  /** What was logged since the last fold counts only where a fold does not shrink it. */
  async #checkBytes(): Promise<void> {
    const { segments, limits } = this.#around;
    const { guid } = this.#place;
    if (segments.heads.bytesOf(guid) <= limits.storedBytes) return;
    await segments.use(this.#place, (segment) => segment.compact());
    if (segments.heads.bytesOf(guid) > limits.storedBytes)
      throw new MnemeshError(
        'too_large',
        `This document takes more than ${limits.storedBytes} bytes with its history. Go on in a new one.`,
      );
  }
}

/** In another process or tab, which asks by `Prose.pull` and `Prose.push`. */
export class DistantText implements ProseSource {
  readonly #prose: Pick<Prose, 'pull' | 'push'>;
  readonly #id: RecordId;
  readonly #acked: () => Promise<void>;

  /** @param acked resolves when the relay durably holds the text as it is now */
  constructor(prose: Pick<Prose, 'pull' | 'push'>, id: RecordId, acked: () => Promise<void>) {
    this.#prose = prose;
    this.#id = id;
    this.#acked = acked;
  }

  async pull(known: DocumentState): ReturnType<ProseSource['pull']> {
    const { update, state } = await this.#prose.pull(this.#id, toBase64(encodeState(known)));
    return {
      update: update === undefined ? undefined : fromBase64(update),
      state: decodeState(fromBase64(state)),
    };
  }

  async push(updates: readonly Uint8Array[]): Promise<DocumentState | undefined> {
    const state = await this.#prose.push(this.#id, updates.map(toBase64));
    return state === null ? undefined : decodeState(fromBase64(state));
  }

  acked(): Promise<void> {
    return this.#acked();
  }
}

/** @param state as `Prose.pull` takes it @throws MnemeshError `bad_input` */
export async function pullFrom(
  source: ProseSource,
  state: string | undefined,
): Promise<PulledText> {
  const known = state === undefined ? emptyState : parsed(state, decodeState);
  const { update, state: held } = await source.pull(known);
  return {
    ...(update === undefined ? {} : { update: toBase64(update) }),
    state: toBase64(encodeState(held)),
  };
}

/** @throws MnemeshError `bad_input`, and as `ProseSource.push` */
export async function pushTo(
  source: ProseSource,
  updates: readonly string[],
): Promise<string | null> {
  const bytes = updates.map((update) =>
    parsed(update, (one) => {
      stateOf(readUpdate(one));
      return one;
    }),
  );
  const state = await source.push(bytes);
  return state === undefined ? null : toBase64(encodeState(state));
}

function parsed<T>(text: string, parse: (bytes: Uint8Array) => T): T {
  try {
    return parse(fromBase64(text));
  } catch (cause) {
    throw new MnemeshError(
      'bad_input',
      'These bytes are no Yjs update, or no state of a document.',
      {
        cause,
      },
    );
  }
}
