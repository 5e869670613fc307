import type { Ending } from './ending.js';

/** Makes vectors of texts. Recall works without one; nothing here brings a model. */
export interface Embedder {
  /** Names the model: vectors of another id are not compared with these. */
  readonly id: string;
  /** One vector for each text, all of one length. @throws MnemeshError when it cannot be reached or answers wrongly */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<readonly Float32Array[]>;
}

export interface EmbedOptions {
  /** Somebody waits for the answer: try once, and not for long. */
  readonly urgent?: boolean;
  /** The call is given up when this ends. */
  readonly until?: Ending;
}
