import type { LaunchOptions } from 'playwright-core';
import { ensureChromium } from './chromium.js';

/** How every Chromium of the tests is started. The sandbox does not run as root, as in a container. */
export function launchOptions(): LaunchOptions {
  return {
    executablePath: ensureChromium(),
    headless: true,
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  };
}
