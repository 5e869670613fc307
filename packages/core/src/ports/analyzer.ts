/**
 * How texts become terms. Records and queries are taken apart alike; an index is of one analyzer's
 * terms, so whoever opens a store for recall hands it the analyzer.
 */
export interface Analyzer {
  /** Changes when `analyze` does: an index of another version is built anew. */
  readonly version: number;
  analyze(text: string): AnalyzedText;
}

export interface AnalyzedText {
  /** In their order, repeated as often as they stand in the text. */
  readonly terms: readonly string[];
  /** What else a scorer wants to know of a text without reading it: an integer from 0 to 255, kept with each posting. */
  readonly marks: number;
}
