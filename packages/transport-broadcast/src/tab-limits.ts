/** Every bound between tabs, with its unit and its reason. */
export const tabLimits = {
  /** Milliseconds in which whoever leads shows that it is alive, or the lead is taken from it: a person waits no longer. */
  patienceMs: 500,
  /** Milliseconds by which a timer may be late: beyond it, this page was stopped itself, and asks once more. */
  lateMs: 250,
  /** Milliseconds of silence after which a tab that asks for nothing looks whether its leader is there: what comes from elsewhere arrives through it. */
  quietMs: 2_000,
  /** Milliseconds for which a leader that saw that it leads does not look again; less than the patience of the others. */
  certainMs: 250,
  /** Bytes, about, that one end has taken before it says so without being asked. */
  toldBytes: 64 * 1024,
  /** Bytes, about, that wait in one end while it is told to wait. Beyond it the other end is let go. */
  waitingBytes: 32 * 1024 * 1024,
} as const;

export type TabLimits = { readonly [Name in keyof typeof tabLimits]: number };
