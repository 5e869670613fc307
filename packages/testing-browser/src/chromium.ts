import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Seconds that installing Chromium may take. */
const INSTALL_SECONDS = 300;

/** The system's Chromium, installed first where that can be done. @throws Error that says how to get it */
export function ensureChromium(): string {
  const found = findChromium() ?? installed();
  if (found !== undefined) return found;
  throw new Error(
    'Tests in a browser need Chromium, which is missing. Install it ("apt-get install chromium", on Debian), then run the tests again.',
  );
}

function findChromium(): string | undefined {
  return places.find(existsSync);
}

function installed(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const options = { timeout: INSTALL_SECONDS * 1000, stdio: 'ignore' } as const;
  spawnSync('apt-get', ['update'], options);
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], options);
  return findChromium();
}
