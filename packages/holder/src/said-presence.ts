import type { Calling } from './request-queue.js';

/**
 * What a guest last said of its presence. Nothing stores presence, so every further holder is told it again:
 * all that was said since the guest last left, as one call.
 */
export class SaidPresence {
  #said: Calling | undefined;

  get last(): Calling | undefined {
    return this.#said;
  }

  say(calling: Calling): void {
    const before = this.#said?.method === calling.method ? this.#said.args[0] : undefined;
    const said = { ...(before as object | undefined), ...defined(calling.args[0]) };
    this.#said = { ...calling, args: calling.args.length === 0 ? [] : [said] };
  }
}

function defined(said: unknown): object {
  return Object.fromEntries(Object.entries(said ?? {}).filter(([, value]) => value !== undefined));
}
