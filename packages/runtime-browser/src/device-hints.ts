/** A low battery: below this part of its charge, and not being charged. */
const LOW_BATTERY = 0.2;

/** What some browsers tell of the connection (Network Information API). */
interface ConnectionLike extends EventTarget {
  readonly saveData?: boolean;
  readonly type?: string;
}

/** What some browsers tell of the battery (Battery Status API). */
interface BatteryLike extends EventTarget {
  readonly charging: boolean;
  readonly level: number;
}

/** The parts of a page that are looked at; each may be missing. */
export interface HintSource {
  readonly navigator: {
    readonly connection?: ConnectionLike;
    getBattery?(): Promise<BatteryLike>;
  };
  readonly document?: EventTarget & { readonly visibilityState: string };
  readonly window: EventTarget;
}

export interface HintListener {
  /** The connection costs, or the battery is low: or that is over. Called once in the beginning, if so. */
  sparing(sparing: boolean): void;
  /** The network came back, or the person did: what failed before may succeed. */
  chance(): void;
}

/**
 * Watches what this device says of its network and its battery. `navigator.onLine` is not believed when it says
 * that there is a network, only asked when to try. @returns ends it
 */
export function watchDevice(listener: HintListener, source: HintSource = here()): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const { navigator, document, window } = source;
  const { connection } = navigator;
  let battery: BatteryLike | undefined;
  let sparing = false;
  const look = (): void => {
    const now = costs(connection) || isLow(battery);
    if (now === sparing) return;
    sparing = now;
    listener.sparing(now);
  };
  connection?.addEventListener('change', look, { signal });
  void navigator.getBattery?.().then((found) => {
    if (signal.aborted) return;
    battery = found;
    for (const event of ['levelchange', 'chargingchange'])
      found.addEventListener(event, look, { signal });
    look();
  }, notTold);
  window.addEventListener('online', () => listener.chance(), { signal });
  document?.addEventListener(
    'visibilitychange',
    () => {
      if (document.visibilityState === 'visible') listener.chance();
    },
    { signal },
  );
  look();
  return () => stopped.abort();
}

function costs(connection: ConnectionLike | undefined): boolean {
  return connection?.saveData === true || connection?.type === 'cellular';
}

function isLow(battery: BatteryLike | undefined): boolean {
  return battery !== undefined && !battery.charging && battery.level < LOW_BATTERY;
}

/** A page that may not ask for the battery does without. */
function notTold(): void {}

function here(): HintSource {
  return {
    navigator: globalThis.navigator as HintSource['navigator'],
    window: globalThis,
    ...(globalThis.document === undefined ? {} : { document: globalThis.document }),
  };
}
