import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { Device } from './device.js';
import { launchOptions } from './launch-options.js';

/** A browser of its own whose profile lies in a directory: what is kept on a disk when it is killed or restarted. */
export class KeptDevice extends Device {
  readonly #pid: number;

  private constructor(context: ConstructorParameters<typeof Device>[0], pid: number) {
    super(context);
    this.#pid = pid;
  }

  static async open(profile: string): Promise<KeptDevice> {
    const context = await chromium.launchPersistentContext(profile, launchOptions());
    return new KeptDevice(context, browserProcess(profile));
  }

  /** Ends the browser as a crash would: nothing is finished. */
  async kill(): Promise<void> {
    process.kill(this.#pid, 'SIGKILL');
    await this.close();
  }
}

/** Chromium locks a profile by a link whose target is `HOST-PID`. */
function browserProcess(profile: string): number {
  const pid = Number(/-(\d+)$/.exec(readlinkSync(join(profile, 'SingletonLock')))?.[1]);
  if (!Number.isInteger(pid)) throw new Error(`No browser has ${profile} open.`);
  return pid;
}
