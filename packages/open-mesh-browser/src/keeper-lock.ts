/** The name of the lock that a keeper has while it lives and has kept anything. */
export function keeperLock(keeper: string): string {
  return `mnemesh-keeper/${keeper}`;
}
