import { configDefaults, defineConfig } from 'vitest/config';

// Workspace packages resolve to their sources (the `source` condition), so tests need no build.
const conditions = ['source', 'module', 'node', 'development|production'];
/** Tests that drive a Chromium; it is started once, and only when one of them runs. */
const inBrowser = [
  'packages/*/test/**/*.browser.test.ts',
  'apps/*/test/**/*.browser.test.ts',
  'test/**/*.browser.test.ts',
];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    server: {
      // A package of others that has a `source` condition too: Node cannot load its TypeScript.
      deps: { inline: [/\/eventsource-parser\//, /\/sdk\/dist\/esm\/client\/streamableHttp/] },
    },
    pool: 'forks',
    passWithNoTests: true,
    // Not a bound of the product: a busy machine must not fail a test that waits for a real process.
    maxConcurrency: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          setupFiles: 'test/property-seed.ts',
          include: [
            'packages/*/test/**/*.test.ts',
            'apps/*/test/**/*.test.ts',
            'test/**/*.test.ts',
            'bench/test/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, ...inBrowser],
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: inBrowser,
          globalSetup: 'packages/testing-browser/src/global-setup.ts',
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
