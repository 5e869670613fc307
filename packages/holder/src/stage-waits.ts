import type { GuestMessage, RecordName } from './messages.js';
import { WaitLines } from './wait-lines.js';

export type Stage = 'acked' | 'synced';

interface Waiting {
  readonly stage: Stage;
  readonly record: RecordName | undefined;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** A guest's waits for how far its writes have come. Each is said to every further holder again, until one has answered. */
export class StageWaits {
  readonly #send: (message: GuestMessage) => void;
  readonly #nextId: () => number;
  readonly #waits = new Map<number, Waiting>();
  readonly #lines = new WaitLines();

  /** @param nextId ids that nothing else of this guest has */
  constructor(send: (message: GuestMessage) => void, nextId: () => number) {
    this.#send = send;
    this.#nextId = nextId;
  }

  /** Resolves once the segment of a record, or everything, is that far. */
  wait(stage: Stage, record: RecordName | undefined): Promise<void> {
    const key = record === undefined ? '' : `${record.namespace}\n${segmentOf(record.id)}`;
    return this.#lines.wait(`${stage}\n${key}`, () => this.#open(stage, record));
  }

  /** Says all that is still waited for. */
  sayAgain(): void {
    for (const [id, waiting] of this.#waits) this.#say(id, waiting);
  }

  answered(id: number): void {
    this.#waits.get(id)?.done();
    this.#waits.delete(id);
  }

  failed(id: number, error: unknown): void {
    this.#waits.get(id)?.failed(error);
    this.#waits.delete(id);
  }

  end(error: unknown): void {
    for (const { failed } of this.#waits.values()) failed(error);
    this.#waits.clear();
  }

  #open(stage: Stage, record: RecordName | undefined): Promise<void> {
    return new Promise((done, failed) => {
      const id = this.#nextId();
      const waiting: Waiting = { stage, record, done, failed };
      this.#waits.set(id, waiting);
      this.#say(id, waiting);
    });
  }

  #say(id: number, { stage, record }: Waiting): void {
    this.#send({ type: 'stage', id, stage, ...(record === undefined ? {} : { record }) });
  }
}

function segmentOf(id: string): string {
  return id.slice(0, id.indexOf('.'));
}
