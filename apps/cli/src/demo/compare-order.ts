/** What the comparing process is given, as one JSON argument. */
export interface CompareOrder {
  readonly mesh: string;
  readonly stores: readonly { readonly agent: string; readonly data: string }[];
  /** The beads file that was imported. */
  readonly source: string;
  /** Ids of the tasks that the demo edited, and the fields of their lines that may differ for it. */
  readonly edited: Readonly<Record<string, readonly string[]>>;
}

export interface StoreReport {
  readonly agent: string;
  readonly tasks: number;
  readonly dependencies: number;
  readonly memory: number;
  readonly digest: string;
  /** Lines of the file that `export beads` gives again exactly. */
  readonly equalLines: number;
  /** Lines that differ as the demo's edits say. */
  readonly editedLines: readonly LineDifference[];
  /** Lines that are missing, added, or differ otherwise. */
  readonly wrongLines: readonly LineDifference[];
}

export interface LineDifference {
  readonly id: string;
  readonly fields: readonly string[];
}
