import { defineConfig } from 'vitest/config';

// Workspace packages resolve to their sources (the `source` condition), so tests need no build.
const conditions = ['source', 'module', 'node', 'development|production'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'apps/*/test/**/*.test.ts', 'test/**/*.test.ts'],
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
  },
});
