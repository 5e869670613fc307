import type { Page } from 'playwright-core';

/** Milliseconds between the frames that a page drew in some time. */
export interface Frames {
  readonly count: number;
  readonly longestMs: number;
  readonly over50: number;
  readonly over100: number;
}

/** Runs in the page: notes the time of every frame until it is told to stop. */
const WATCH = `(() => {
  const times = [];
  let on = true;
  const tick = (time) => { times.push(time); if (on) requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
  globalThis.stopFrames = () => { on = false; return times; };
})()`;

/** What the page drew while `act` was going on. */
export async function framesDuring(page: Page, act: () => Promise<void>): Promise<Frames> {
  await page.evaluate(WATCH);
  await act();
  const times = await page.evaluate<number[]>('stopFrames()');
  const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
  return {
    count: gaps.length,
    longestMs: Math.max(0, ...gaps),
    over50: gaps.filter((gap) => gap > 50).length,
    over100: gaps.filter((gap) => gap > 100).length,
  };
}
