import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { vi } from 'vitest';
import { Device } from './device.js';
import { launchOptions } from './launch-options.js';

/** How long a killed process may take to be gone, in milliseconds. */
const GONE_MS = 10_000;

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
    // While it is there, another browser takes the profile for one in use.
    await vi.waitUntil(() => !isAlive(this.#pid), { timeout: GONE_MS });
    await this.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Chromium locks a profile by a link whose target is `HOST-PID`. */
function browserProcess(profile: string): number {
  const pid = Number(/-(\d+)$/.exec(readlinkSync(join(profile, 'SingletonLock')))?.[1]);
  if (!Number.isInteger(pid)) throw new Error(`No browser has ${profile} open.`);
  return pid;
}
