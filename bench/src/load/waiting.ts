import type { ClientDocument } from '../clients/client.js';
import type { BenchRecord } from '../data/records.js';

/** Lets sockets and timers have their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Resolves to true as soon as the documents are as wanted, looked at whenever one changes; to false
 * at the deadline.
 */
export function until(
  documents: readonly ClientDocument[],
  wanted: (document: ClientDocument) => boolean,
  deadlineMs: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const stops = new Map<ClientDocument, () => void>();
    const timer = setTimeout(() => end(false), deadlineMs);
    const end = (reached: boolean): void => {
      clearTimeout(timer);
      for (const stop of stops.values()) stop();
      resolve(reached);
    };
    const look = (document: ClientDocument): void => {
      if (!wanted(document)) return;
      stops.get(document)?.();
      stops.delete(document);
      if (stops.size === 0) end(true);
    };
    for (const document of documents)
      stops.set(
        document,
        document.onChange(() => look(document)),
      );
    for (const document of documents) look(document);
  });
}

/** Whether every document holds exactly these records, read anew. */
export async function allHold(
  documents: readonly ClientDocument[],
  records: readonly BenchRecord[],
): Promise<boolean> {
  for (const document of documents) {
    const contents = await document.contents();
    if (contents.size !== records.length) return false;
    if (records.some(({ id, text }) => contents.get(id) !== text)) return false;
  }
  return true;
}
