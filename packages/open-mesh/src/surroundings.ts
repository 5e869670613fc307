import { homedir } from 'node:os';

/** What settings are read from, besides the options of the call. Given in tests; the process's own otherwise. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the search for a config file begins. */
  readonly directory: string;
  readonly home: string;
}

export function ownSurroundings(): Surroundings {
  return { env: process.env, directory: process.cwd(), home: homedir() };
}
