import { onTestFinished } from 'vitest';
import type { TestPage } from './test-page.js';

/** How long a page is kept busy, so that its process stands out among the others, in milliseconds. */
const BUSY_MS = 600;

/** A page whose process stands still, as the system may stop one: nothing of it runs, no event is told. */
export interface StoppedPage {
  /** Lets it go on. Idempotent; done at the end of the test at the latest. */
  resume(): void;
}

interface ProcessInfo {
  readonly type: string;
  readonly id: number;
  readonly cpuTime: number;
}

/** Stops the process of a page. What else the browser has of it, its sockets and locks, stays. */
export async function stopPage(page: TestPage): Promise<StoppedPage> {
  const browser = page.page.context().browser();
  if (browser === null) throw new Error('Only a page of the shared browser can be stopped.');
  const session = await browser.newBrowserCDPSession();
  const renderers = async (): Promise<ReadonlyMap<number, number>> => {
    const { processInfo } = await session.send('SystemInfo.getProcessInfo');
    const found = (processInfo as readonly ProcessInfo[]).filter(({ type }) => type === 'renderer');
    return new Map(found.map(({ id, cpuTime }) => [id, cpuTime]));
  };
  const before = await renderers();
  await page.page.evaluate(keepBusy, BUSY_MS);
  const grown = [...(await renderers())]
    .map(([id, time]) => ({ id, grown: time - (before.get(id) ?? 0) }))
    .sort((a, b) => b.grown - a.grown);
  await session.detach();
  const pid = grown[0]?.id;
  if (pid === undefined) throw new Error('The page has no process.');
  process.kill(pid, 'SIGSTOP');
  let isStopped = true;
  const resume = (): void => {
    if (isStopped) process.kill(pid, 'SIGCONT');
    isStopped = false;
  };
  onTestFinished(resume);
  return { resume };
}

function keepBusy(ms: number): void {
  const end = Date.now() + ms;
  while (Date.now() < end);
}
