import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { launchOptions } from './launch-options.js';

/**
 * A Chromium that nobody drives, at one address: under a debugger workers have no limit to their lives, here they
 * have. @returns ends it
 */
export function openUndriven(profile: string, url: string): () => Promise<void> {
  const { executablePath, args = [] } = launchOptions();
  const options = [
    ...args,
    '--headless=new',
    '--no-first-run',
    '--disable-gpu',
    `--user-data-dir=${profile}`,
  ];
  const child = spawn(executablePath as string, [...options, url], { stdio: 'ignore' });
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
}
