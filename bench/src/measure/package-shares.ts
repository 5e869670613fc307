import { SourceMap, type SourceMapPayload } from 'node:module';
import { gzipSync } from 'node:zlib';

/** What one package has of a bundle. */
export interface PackageShare {
  /** Characters of it in the bundle. */
  readonly minified: number;
  /** Bytes by which the gzipped bundle shrinks when they are cut out. These do not add up: what repeats is counted for none. */
  readonly gzip: number;
}

/** The packages in a bundle, told by its source map. What the bundler itself adds is left out. */
export function packageShares(
  bundle: string,
  sourceMap: SourceMapPayload,
): ReadonlyMap<string, PackageShare> {
  const map = new SourceMap(sourceMap);
  const owners = bundle.split('\n').flatMap((line, row) => {
    const columns = Array.from({ length: line.length }, (_, column) => packageAt(map, row, column));
    return [...columns, undefined];
  });
  const whole = gzipBytes(bundle);
  const shares = new Map<string, PackageShare>();
  for (const name of new Set(owners)) {
    if (name === undefined) continue;
    let rest = '';
    for (let at = 0; at < bundle.length; at++) if (owners[at] !== name) rest += bundle[at];
    shares.set(name, {
      minified: bundle.length - rest.length,
      gzip: whole - gzipBytes(rest),
    });
  }
  return shares;
}

export function gzipBytes(contents: string | Uint8Array): number {
  return gzipSync(contents, { level: 9 }).length;
}

function packageAt(map: SourceMap, row: number, column: number): string | undefined {
  const entry = map.findEntry(row, column);
  return 'originalSource' in entry ? packageOf(entry.originalSource) : undefined;
}

/** `…/node_modules/yjs/src/index.js` is of `yjs`, and `…/packages/core/src/mesh.ts` of `core`. */
function packageOf(path: string): string | undefined {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  return installed?.[1] ?? /\/packages\/([^/]+)\//.exec(path)?.[1];
}
