import type { Order, Report } from './messages.js';

/** What this process was started with. */
export function given<Place>(): Place {
  return JSON.parse(process.argv[2] as string) as Place;
}

/** Tells the test; one that is gone needs no report. */
export function report(message: Report): void {
  if (process.connected) process.send?.(message);
}

/** Follows the orders of the test, and ends when the test goes away. */
export function follow(obey: (order: Order) => Promise<void>): void {
  process.on('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    obey(order).catch(fail);
  });
}

export function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
