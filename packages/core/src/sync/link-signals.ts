import type { Transport } from '../ports/index.js';
import type { FramedLink } from './framed-link.js';
import type { SyncLink } from './link-owner.js';
import { syncLimits } from './sync-limits.js';

type CarryingLink = SyncLink & { readonly framed: FramedLink };

/** Lets transports whose peers find each other by messages use the links there are, whoever keeps those. */
export class LinkSignals {
  readonly #transports: readonly Transport[];
  readonly #links: () => readonly CarryingLink[];

  constructor(transports: readonly Transport[], links: () => readonly CarryingLink[]) {
    this.#transports = transports;
    this.#links = links;
  }

  attach(): void {
    const ready = (): readonly CarryingLink[] => this.#links().filter((link) => link.ready);
    for (const { signals } of this.#transports)
      signals?.attach({
        get links() {
          return ready().length;
        },
        send: (signal, except) => {
          for (const { id, framed } of ready()) {
            // Whoever waits for it tries again; a link that is full has more to do than to introduce peers.
            if (id !== except && framed.link.bufferedBytes < syncLimits.outboxBytes)
              framed.send({ type: 'signal', signal });
          }
        },
      });
  }

  received(link: SyncLink, signal: Uint8Array): void {
    for (const { signals } of this.#transports) signals?.received(signal, link.id);
  }

  linksChanged(): void {
    for (const { signals } of this.#transports) signals?.linksChanged();
  }
}
