/** Bounds of prose documents at a replica. Each says what happens beyond it. Tests lower them. */
export interface ProseLimits {
  /** Characters (UTF-16) of one document's text. An edit beyond it is refused, and saved once the text is short enough again. */
  readonly characters: number;
  /** Bytes stored of one document, with what its history left behind. Beyond it every edit is refused. */
  readonly storedBytes: number;
  /** Milliseconds from a change to when recall reads the text anew: what is typed meanwhile costs it nothing. */
  readonly textDelayMs: number;
  /** Texts that were changed since recall read them, and that one recall reads before it answers. */
  readonly textsAtOnce: number;
}

export const proseLimits: ProseLimits = {
  characters: 1_000_000,
  storedBytes: 16 * 1024 * 1024,
  textDelayMs: 1_000,
  textsAtOnce: 16,
};
