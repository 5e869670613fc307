import { fileURLToPath } from 'node:url';
import { build, type Rollup } from 'vite';

/** One script of a page and all it imports, as an app's bundler makes it from this workspace's sources. */
export async function bundle(entry: URL): Promise<string> {
  const built = (await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['source', 'module', 'browser'] },
    // Bundlers leave it to the app that a library goes into, and a page has no `process`.
    define: { 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: fileURLToPath(entry), formats: ['es'] },
      // What is loaded on demand is in the one script too.
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })) as Rollup.RollupOutput[];
  const [script, ...others] = built[0]?.output ?? [];
  if (script === undefined || others.length > 0) throw new Error(`${entry} is not one script.`);
  return script.code;
}
