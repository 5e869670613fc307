/** What the service worker says when the browser did not take the console's files. */
interface NotKept {
  readonly type: 'not-kept';
  readonly reason: string;
}

/** Whether the console's own files are kept in this browser, so that it opens without a network. */
export class KeptShell {
  #whyNot: string | undefined;
  readonly #listeners = new Set<() => void>();

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Why they are not kept, in a person's words; undefined when they are, and while nobody knows. */
  readonly read = (): string | undefined => this.#whyNot;

  /** Registers the service worker that keeps them. Never rejects: everything but opening works as well without it. */
  async register(): Promise<void> {
    if (!('serviceWorker' in navigator)) {
      this.#set('this browser has no service workers here');
      return;
    }
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener('message', ({ data }: MessageEvent<NotKept | undefined>) => {
      if (data?.type === 'not-kept') void this.#failed(serviceWorker, data.reason);
    });
    try {
      await serviceWorker.register('/sw.js');
    } catch (error) {
      await this.#failed(serviceWorker, error instanceof Error ? error.message : String(error));
    }
  }

  /** One of an earlier version goes on, with the files of that version. */
  async #failed(serviceWorker: ServiceWorkerContainer, reason: string): Promise<void> {
    const registration = await serviceWorker.getRegistration().catch(() => undefined);
    if (!registration?.active) this.#set(reason);
  }

  #set(whyNot: string): void {
    this.#whyNot = whyNot;
    for (const listener of [...this.#listeners]) listener();
  }
}

/** Of this page: it has one worker. */
export const keptShell = new KeptShell();
