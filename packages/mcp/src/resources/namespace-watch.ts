import type { Mesh } from '@mnemesh/core';

type Changed = (id: string) => void;

/** Namespaces that are watched, of one mesh. Nothing is left of them with their last listener. */
const watches = new WeakMap<Mesh, Map<string, NamespaceWatch>>();

/**
 * Calls `changed` with the id of each record of a namespace that changed, of whatever collection. Those who
 * watch one namespace through one mesh share its watchers, of which a guest has no more than a thousand.
 */
export function watchNamespace(mesh: Mesh, namespace: string, changed: Changed): () => void {
  const all = watches.get(mesh) ?? new Map<string, NamespaceWatch>();
  watches.set(mesh, all);
  const watch = all.get(namespace) ?? new NamespaceWatch(mesh, namespace);
  all.set(namespace, watch);
  return watch.add(changed, () => all.delete(namespace));
}

class NamespaceWatch {
  readonly #listeners = new Set<Changed>();
  readonly #stops: readonly (() => void)[];

  /** @throws MnemeshError `bad_input` */
  constructor(mesh: Mesh, namespace: string) {
    const tell = (changes: readonly { readonly id: string }[]): void => {
      for (const { id } of changes) for (const listener of this.#listeners) listener(id);
    };
    const conversations = mesh.conversations.in(namespace);
    this.#stops = [
      mesh.memory.in(namespace).watch(tell),
      mesh.tasks.in(namespace).watch(tell),
      mesh.tools.in(namespace).watch(tell),
      mesh.prose.in(namespace).watch(tell),
      mesh.personas.in(namespace).watch(tell),
      conversations.watch(tell),
      conversations.watchEvents(tell),
    ];
  }

  add(changed: Changed, ended: () => void): () => void {
    // One of its own for each, so that a function given twice is called twice, and ended once.
    const listener: Changed = (id) => changed(id);
    this.#listeners.add(listener);
    return () => {
      if (!this.#listeners.delete(listener) || this.#listeners.size > 0) return;
      for (const stop of this.#stops) stop();
      ended();
    };
  }
}
