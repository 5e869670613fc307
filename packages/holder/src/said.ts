import type { Calling } from './request-queue.js';

/**
 * What a guest last said that nothing stores, of its presence and of what it prefers: every further holder is told
 * it again. Of each part of a mesh all that was said since its method last was another one, as one call.
 */
export class Said {
  readonly #parts = new Map<string, Calling>();

  get all(): readonly Calling[] {
    return [...this.#parts.values()];
  }

  say(calling: Calling): void {
    const [part = ''] = calling.method.split('.');
    const before = this.#parts.get(part);
    const kept = before?.method === calling.method ? before.args[0] : undefined;
    const said = { ...(kept as object | undefined), ...defined(calling.args[0]) };
    this.#parts.set(part, { ...calling, args: calling.args.length === 0 ? [] : [said] });
  }
}

function defined(said: unknown): object {
  return Object.fromEntries(Object.entries(said ?? {}).filter(([, value]) => value !== undefined));
}
