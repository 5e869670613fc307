import {
  type FrameOf,
  type MeshId,
  MnemeshError,
  segmentGuid,
  limits as wireLimits,
} from '@mnemesh/protocol';
import type { DocumentName } from './update-log.js';

/** The documents that one link's peer has introduced, by its numbers. */
export class IntroducedDocuments {
  readonly #mesh: MeshId;
  readonly #most: number;
  readonly #names = new Map<number, DocumentName>();

  /** @param most documents one link may introduce */
  constructor(mesh: MeshId, most: number) {
    this.#mesh = mesh;
    this.#most = Math.min(most, wireLimits.linkDocuments);
  }

  /** @throws MnemeshError `bad_frame`, `overloaded` */
  add({ document, namespace, segment }: FrameOf<'introduce'>): void {
    if (this.#names.has(document)) {
      throw new MnemeshError('bad_frame', `Document ${document} was introduced twice.`);
    }
    if (this.#names.size >= this.#most) {
      throw new MnemeshError('overloaded', 'This link introduced too many documents.');
    }
    const guid = segmentGuid(this.#mesh, namespace, segment);
    this.#names.set(document, { guid, namespace, segment });
  }

  /** @throws MnemeshError `bad_frame` for a number that was never introduced */
  get(document: number): DocumentName {
    const name = this.#names.get(document);
    if (name === undefined) {
      throw new MnemeshError('bad_frame', `Document ${document} was never introduced.`);
    }
    return name;
  }
}
