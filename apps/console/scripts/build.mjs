// Builds the console into dist/web; does nothing when nothing that goes into it has changed.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const home = join(dirname(fileURLToPath(import.meta.url)), '..');
const root = join(home, '../..');
const built = join(home, 'dist/web');
const stampFile = join(home, 'dist/web.stamp');

/** Workspace packages are bundled from their sources, as a page is given them. */
const resolve = { conditions: ['source', 'module', 'browser', 'production'] };

/** Every file that the build reads: the app, the packages it may import, and the versions of all others. */
function inputs() {
  const packages = readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    // A folder that a package left behind when it moved is none.
    .filter((path) => existsSync(join(path, 'package.json')));
  const sources = packages.flatMap((path) => [join(path, 'package.json'), ...filesBelow(path)]);
  return [
    ...sources,
    ...filesBelow(home),
    ...filesBelow(home, 'public'),
    join(home, 'index.html'),
    join(home, 'package.json'),
    join(home, 'scripts/build.mjs'),
    join(root, 'pnpm-lock.yaml'),
  ];
}

function filesBelow(path, folder = 'src') {
  const from = join(path, folder);
  if (!existsSync(from)) return [];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function stampOf(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  return hash.digest('hex');
}

/** The service worker, which is told what the page consists of. It lies at the root: that is what it answers for. */
function workerBuild() {
  const files = filesBelow(built, '.').map(
    (path) => `/${relative(built, path).split(sep).join('/')}`,
  );
  const kept = files.filter((path) => path !== '/index.html');
  const hash = createHash('sha256').update(readFileSync(join(built, 'index.html')));
  for (const path of kept) hash.update(path);
  const shell = { name: hash.digest('hex').slice(0, 12), files: kept };
  return {
    configFile: false,
    root: home,
    logLevel: 'warn',
    publicDir: false,
    resolve,
    define: { SHELL: JSON.stringify(shell) },
    build: {
      outDir: built,
      emptyOutDir: false,
      target: 'es2022',
      chunkSizeWarningLimit: 700,
      lib: {
        entry: join(home, 'src/worker/worker.ts'),
        formats: ['iife'],
        name: 'worker',
        fileName: () => 'sw.js',
      },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  };
}

/** @returns whether something had to be built */
export async function buildConsole() {
  const stamp = stampOf(inputs());
  const known = existsSync(stampFile) ? readFileSync(stampFile, 'utf8') : undefined;
  if (known === stamp && existsSync(join(built, 'index.html'))) return false;
  rmSync(stampFile, { force: true });
  const { build } = await import('vite');
  // Whoever asks for it, tests too, gets what people are served.
  const { NODE_ENV } = process.env;
  process.env.NODE_ENV = 'production';
  await build({
    configFile: false,
    root: home,
    logLevel: 'warn',
    resolve,
    build: {
      outDir: built,
      emptyOutDir: true,
      target: 'es2022',
      // As young as Ed25519 in WebCrypto, which the app needs anyway.
      cssTarget: ['chrome137', 'firefox129', 'safari17.5'],
      assetsInlineLimit: 0,
      // React and the whole of a replica: what every view needs.
      chunkSizeWarningLimit: 700,
      modulePreload: { polyfill: false },
    },
  });
  await build(workerBuild());
  if (NODE_ENV === undefined) delete process.env.NODE_ENV;
  else process.env.NODE_ENV = NODE_ENV;
  writeFileSync(stampFile, stamp);
  return true;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const began = performance.now();
  if (await buildConsole()) {
    console.log(`Built the console in ${((performance.now() - began) / 1000).toFixed(1)} s.`);
  }
}
