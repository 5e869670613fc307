/** Makes vectors of texts. Recall works without one; nothing here brings a model. */
export interface Embedder {
  /** Names the model: vectors of another id are not compared with these. */
  readonly id: string;
  /** One vector for each text, all of one length. @throws MnemeshError when it cannot be reached or answers wrongly */
  embed(texts: readonly string[]): Promise<readonly Float32Array[]>;
}
