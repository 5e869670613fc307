import { chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { launchOptions } from './launch-options.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where the one Chromium of a test run is driven from. */
    readonly chromium: string;
  }
}

/** Starts one Chromium for all test files; vitest runs it before the first of them. @returns ends it */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await chromium.launchServer(launchOptions());
  project.provide('chromium', server.wsEndpoint());
  return () => server.close();
}
