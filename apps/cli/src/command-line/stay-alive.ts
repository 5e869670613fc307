/** Keeps the process alive until the promise settles: watchers, signals and attached processes do not. */
export async function stayAlive<T>(until: Promise<T>): Promise<T> {
  const alive = setInterval(() => undefined, 2 ** 30);
  try {
    return await until;
  } finally {
    clearInterval(alive);
  }
}
