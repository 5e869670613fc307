import { matchesAny, type Namespace, type NamespaceGlob } from '@mnemesh/protocol';

/** The globs of one link, and what they said of the namespaces asked about last. */
export class Subscription {
  readonly #globs: readonly NamespaceGlob[];
  readonly #remembered: number;
  readonly #matches = new Map<Namespace, boolean>();

  /** @param remembered namespaces to remember; matching is asked for with every forward */
  constructor(globs: readonly NamespaceGlob[], remembered: number) {
    this.#globs = globs;
    this.#remembered = remembered;
  }

  includes(namespace: Namespace): boolean {
    const known = this.#matches.get(namespace);
    if (known !== undefined) return known;
    if (this.#matches.size >= this.#remembered) this.#matches.clear();
    const matches = matchesAny(this.#globs, namespace);
    this.#matches.set(namespace, matches);
    return matches;
  }
}
