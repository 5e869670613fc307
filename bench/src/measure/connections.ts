import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** Connections that the machine's kernel has established to this port, as their server sees them. */
export function connectionsTo(port: number): number {
  const rows = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/net/${table}`, 'utf8').split('\n').slice(1),
  );
  return rows.filter((row) => {
    const [, local = '', , state] = row.trim().split(/\s+/);
    return state === ESTABLISHED && Number.parseInt(local.split(':')[1] ?? '', 16) === port;
  }).length;
}

/** Milliseconds between looks. */
const LOOK_MS = 100;

/** Waits for a server to end a connection. It looks from outside: who stopped reading is not told. */
export class CutOffWatch {
  readonly #started = performance.now();
  readonly #timer: NodeJS.Timeout;
  #cutAfterMs: number | undefined;

  constructor(port: number) {
    const before = connectionsTo(port);
    this.#timer = setInterval(() => {
      if (connectionsTo(port) < before) this.#cutAfterMs ??= performance.now() - this.#started;
    }, LOOK_MS);
    this.#timer.unref();
  }

  /** @returns milliseconds until there was one connection less, or undefined where there never was */
  end(): number | undefined {
    clearInterval(this.#timer);
    return this.#cutAfterMs;
  }
}
