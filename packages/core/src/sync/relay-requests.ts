import { type Frame, MnemeshError } from '@mnemesh/protocol';

type Asked = Extract<Frame, { readonly type: 'scrub' | 'end' }>;
/** What is asked, without the number under which it is answered. */
export type RelayQuestion = Asked extends infer F
  ? F extends Asked
    ? Omit<F, 'request'>
    : never
  : never;

interface Waiting {
  readonly answered: () => void;
  readonly failed: (error: MnemeshError) => void;
}

/** Scrubs and ends that one link has asked for. A relay that cannot do it now does not answer; the next link asks again. */
export class RelayRequests {
  readonly #send: (frame: Asked) => void;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(send: (frame: Asked) => void) {
    this.#send = send;
  }

  /** Resolves when the relay says that it was done. @throws MnemeshError `relay_unavailable` when the link ends before */
  ask(question: RelayQuestion): Promise<void> {
    const request = ++this.#last;
    return new Promise((answered, failed) => {
      this.#waiting.set(request, { answered, failed });
      this.#send({ ...question, request } as Asked);
    });
  }

  answered(request: number): void {
    this.#waiting.get(request)?.answered();
    this.#waiting.delete(request);
  }

  /** The link closed. */
  end(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { failed } of waiting)
      failed(
        new MnemeshError('relay_unavailable', 'The link to the relay ended before it answered.', {
          retryable: true,
        }),
      );
  }
}
