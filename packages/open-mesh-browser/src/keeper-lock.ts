/** The name of the lock that a keeper has for as long as it lives. */
export function keeperLock(keeper: string): string {
  return `mnemesh-keeper/${keeper}`;
}
