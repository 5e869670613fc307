import type { Guid, RecordId } from '@mnemesh/protocol';
import { segmentOver } from '../documents/segment.js';
import type { SegmentPlace } from '../documents/segment-place.js';
import type { SegmentEvent } from '../documents/segment-surroundings.js';
import { type HandleSurroundings, ProseHandle } from './prose-handle.js';
import type { ProseLimits } from './prose-limits.js';
import { ProseTexts, type TextsSurroundings } from './prose-texts.js';

/** The prose documents of one replica: those that are open, and what recall reads of all. */
export class ReplicaProse {
  readonly texts: ProseTexts;
  readonly limits: ProseLimits;
  readonly #around: TextsSurroundings & Pick<HandleSurroundings, 'acked'>;
  readonly #handles = new Map<Guid, Set<ProseHandle>>();

  constructor(around: TextsSurroundings & Pick<HandleSurroundings, 'acked'>) {
    this.#around = around;
    this.limits = around.limits;
    this.texts = new ProseTexts(around);
  }

  /** @param editing called before the first edit is saved */
  async handle(
    id: RecordId,
    place: SegmentPlace,
    editing: () => Promise<void>,
  ): Promise<ProseHandle> {
    const { runtime, segments, limits, acked } = this.#around;
    const handle = new ProseHandle(id, place, {
      runtime,
      segments,
      limits,
      acked,
      editing,
      closed: (closed) => this.#forget(place.guid, closed),
    });
    this.#handles.set(place.guid, (this.#handles.get(place.guid) ?? new Set()).add(handle));
    try {
      await handle.refresh();
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A document changed, by whoever's doing. */
  changed({ segment: { place } }: SegmentEvent): void {
    for (const handle of this.#handles.get(place.guid) ?? []) {
      handle.refresh().catch((error) => {
        this.#around.runtime.log('warn', 'a prose document could not be read', {
          error: String(error),
        });
      });
    }
  }

  /** A document was forgotten or purged, and deleted here. */
  ended(place: SegmentPlace): void {
    for (const handle of this.#handles.get(place.guid) ?? []) handle.end(segmentOver(place));
  }

  /** Saves what open documents were written, and closes them. */
  async close(): Promise<void> {
    const open = [...this.#handles.values()].flatMap((handles) => [...handles]);
    await Promise.all(open.map((handle) => handle.close()));
    await this.texts.close();
  }

  #forget(guid: Guid, handle: ProseHandle): void {
    const handles = this.#handles.get(guid);
    handles?.delete(handle);
    if (handles?.size === 0) this.#handles.delete(guid);
  }
}
