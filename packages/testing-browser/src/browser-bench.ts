import { type Browser, chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { Device } from './device.js';
import { type PageServer, type Scripts, servePage } from './page-server.js';
import './global-setup.js';

/** A page on this machine, and browsers' profiles to open it in. */
export interface BrowserBench {
  /** Address of the page; every test of the file has the same. */
  readonly url: string;
  /** A fresh profile, closed after the test, which fails when one of its pages had a problem. */
  device(): Promise<Device>;
  /** One profile for all tests of the file, where they do not mind each other: a fresh one takes half a second. */
  sharedDevice(): Promise<Device>;
}

/** Bundles and serves a page for the tests of one file, and its other scripts. Call it at the top of the file. */
export function benchInBrowser(entry: URL, scripts: Scripts = {}): BrowserBench {
  let browser: Browser;
  let server: PageServer;
  const devices = new Set<Device>();
  let shared: Promise<Device> | undefined;
  const create = async (): Promise<Device> => new Device(await browser.newContext());

  beforeAll(async () => {
    [browser, server] = await Promise.all([
      chromium.connect(inject('chromium')),
      servePage(entry, scripts),
    ]);
  });

  afterEach(async () => {
    const open = [...devices];
    devices.clear();
    await Promise.all(open.map((device) => device.close()));
    (await shared)?.checkProblems();
  });

  afterAll(async () => {
    await (await shared)?.close();
    await browser.close();
    await server.close();
  });

  return {
    get url() {
      return server.url;
    },
    device: async () => {
      const device = await create();
      devices.add(device);
      return device;
    },
    sharedDevice: () => {
      shared ??= create();
      return shared;
    },
  };
}
