/**
 * Waits for something that grows, such as what a relay has acked: a wait that begins while an earlier
 * one is open cannot end before it, so at most one is open for each key, and one waits behind it for
 * all who came since.
 */
export class WaitLines {
  readonly #lines = new Map<
    string,
    { readonly open: Promise<void>; next: Promise<void> | undefined }
  >();

  /** @param ask opens one wait; it covers everything until now */
  wait(key: string, ask: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(key);
    if (line === undefined) return this.#open(key, ask);
    line.next ??= line.open.then(() => this.#open(key, ask));
    return line.next;
  }

  #open(key: string, ask: () => Promise<void>): Promise<void> {
    const open = ask();
    const line = { open, next: undefined as Promise<void> | undefined };
    this.#lines.set(key, line);
    const end = (): void => {
      if (this.#lines.get(key) === line) this.#lines.delete(key);
    };
    open.then(end, end);
    return open;
  }
}
