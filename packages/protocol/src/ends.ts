import type { Namespace, SegmentName } from './ids.js';

/** What an end says is over: everything below `floor`, or the one segment it names. */
export interface End {
  readonly namespace: Namespace;
  /** 0 where a segment is named. */
  readonly floor: number;
  readonly segment: SegmentName | undefined;
}

/** The number that floors are compared with; undefined for a segment that is in no series, such as the directory's. */
export function seriesOf(segment: SegmentName): number | undefined {
  const digits = /^(?:([1-9][0-9]{0,8})|[ip]([0-9]{1,9})-.*)$/.exec(segment);
  return digits === null ? undefined : Number(digits[1] ?? digits[2]);
}

/** Every end of a mesh: floors rise, and nothing ever leaves it. */
export class Ends {
  readonly #floors = new Map<Namespace, number>();
  readonly #segments = new Map<Namespace, Set<SegmentName>>();

  /** @returns true when something is over now that was not before */
  add({ namespace, floor, segment }: End): boolean {
    if (segment !== undefined) {
      if (this.has(namespace, segment)) return false;
      const ended = this.#segments.get(namespace) ?? new Set();
      this.#segments.set(namespace, ended.add(segment));
      return true;
    }
    if (floor <= this.floor(namespace)) return false;
    this.#floors.set(namespace, floor);
    return true;
  }

  /** Segments of this namespace below it are over; 0 when none are. */
  floor(namespace: Namespace): number {
    return this.#floors.get(namespace) ?? 0;
  }

  has(namespace: Namespace, segment: SegmentName): boolean {
    if (this.#segments.get(namespace)?.has(segment)) return true;
    const series = seriesOf(segment);
    return series !== undefined && series < this.floor(namespace);
  }

  /** Floors, then segments that no floor covers. */
  all(): readonly End[] {
    const floors = [...this.#floors].map(([namespace, floor]) => ({
      namespace,
      floor,
      segment: undefined,
    }));
    const segments = [...this.#segments].flatMap(([namespace, ended]) =>
      [...ended]
        .filter((segment) => (seriesOf(segment) ?? Infinity) >= this.floor(namespace))
        .map((segment) => ({ namespace, floor: 0, segment })),
    );
    return [...floors, ...segments];
  }
}
